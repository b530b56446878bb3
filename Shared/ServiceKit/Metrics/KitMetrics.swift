/// Every metric of ServiceKit.
enum KitMetrics {
    static let buildInfo = MetricDeclaration("tocsin_build_info", .gauge, "Always 1; version and service as labels.")

    static let records = MetricDeclaration(
        "tocsin_consumer_records_total", .counter, "Records by topic and outcome: handled, poison or skipped.")
    static let batchRecords = MetricDeclaration(
        "tocsin_consumer_batch_records", .histogram, "Records in one batch.", buckets: MetricDeclaration.countBuckets)
    static let batchSeconds = MetricDeclaration(
        "tocsin_consumer_batch_seconds", .histogram, "From the batch in hand to its commit, waiting for PostgreSQL included.")
    static let lag = MetricDeclaration("tocsin_consumer_lag_records", .gauge, "Records between the position and the end of the log.")
    static let waiting = MetricDeclaration(
        "tocsin_consumer_waiting_seconds", .gauge, "How long a consumer has waited for its partitions, by group; 0 while it reads them.")
    static let fenced = MetricDeclaration(
        "tocsin_consumer_fenced_total", .counter, "Batches dropped because another process had moved the offset.")
    static let abandoned = MetricDeclaration(
        "tocsin_consumer_abandoned_total", .counter, "Batches dropped because their partitions were reassigned.")
    static let alone = MetricDeclaration(
        "tocsin_consumer_alone_total", .counter, "Records handled one by one because processes died at their batch before.")
    static let retries = MetricDeclaration("tocsin_consumer_retries_total", .counter, "Attempts of a batch that failed, by cause.")
    static let deadLetters = MetricDeclaration("tocsin_deadletter_total", .counter, "Records put aside as unfit, by topic.")
    static let gaps = MetricDeclaration("tocsin_consumer_gap_total", .counter, "Holes in what could be read, by topic and reason.")

    static let outboxPublished = MetricDeclaration("tocsin_outbox_published_total", .counter, "Facts published, directly or by the relay.")
    static let outboxFailed = MetricDeclaration("tocsin_outbox_failed_total", .counter, "Attempts to publish that failed, by way and step.")
    static let outboxRows = MetricDeclaration("tocsin_outbox_rows", .gauge, "Facts that wait to be published (counted up to 10000).")
    static let outboxOldest = MetricDeclaration("tocsin_outbox_oldest_seconds", .gauge, "Age of the oldest fact that waits.")

    static let loopRows = MetricDeclaration("tocsin_due_rows_total", .counter, "Rows handled, by loop.")
    static let loopErrors = MetricDeclaration("tocsin_due_row_errors_total", .counter, "Passes that failed, by loop.")
    static let loopSeconds = MetricDeclaration("tocsin_due_row_pass_seconds", .histogram, "Length of a pass that handled rows, by loop.")

    static let connections = MetricDeclaration("tocsin_http_connections", .gauge, "Client connections open, by server: main or admin.")
    static let connectionsEnded = MetricDeclaration(
        "tocsin_http_connections_ended_total", .counter,
        "Client connections ended by a limit, by reason: deadline, evicted (all taken, it waited longest), address, full (all at work).")

    static let poolConnections = MetricDeclaration("tocsin_postgres_connections", .gauge, "Connections to PostgreSQL by state.")
    static let poolWaiting = MetricDeclaration("tocsin_postgres_waiting", .gauge, "Tasks that wait for a connection.")
    static let producerQueued = MetricDeclaration("tocsin_producer_queued_records", .gauge, "Records not yet acknowledged by the broker.")
    static let producerRecords = MetricDeclaration("tocsin_producer_records", .gauge, "Records since the start by outcome.")
    static let producerRebuilds = MetricDeclaration("tocsin_producer_rebuilds", .gauge, "Producer instances replaced after a fatal error.")
}

import ServiceKit

/// Settings of the grouper.
struct GrouperConfig: ServiceConfig {
    var maxBatchRecords: Int
    var maxBatchWaitMilliseconds: Int
    var duePollMilliseconds: Int
    var dueRows: Int
    var expiryGraceSeconds: Int

    init(from settings: inout SettingsReader) {
        maxBatchRecords = settings.int(
            "TOCSIN_GROUPER_BATCH_RECORDS", default: 500, in: 1...5000, unit: "records", "Most signals in one transaction.")
        maxBatchWaitMilliseconds = settings.int(
            "TOCSIN_GROUPER_BATCH_WAIT_MS", default: 5, in: 0...1000, unit: "ms", "How long a batch waits for further signals.")
        duePollMilliseconds = settings.int(
            "TOCSIN_GROUPER_DUE_POLL_MS", default: 500, in: 50...60_000, unit: "ms",
            "How often to look for alerts that expired and incidents whose hold has passed.")
        dueRows = settings.int(
            "TOCSIN_GROUPER_DUE_ROWS", default: 200, in: 1...5000, unit: "rows", "Most rows of such a look in one transaction.")
        expiryGraceSeconds = settings.int(
            "TOCSIN_GROUPER_EXPIRY_GRACE_S", default: 90, in: 0...3600, unit: "s",
            "No alert expires for so long after the start, after a lag and after the broker was away: senders must refresh first.")
    }
}

/// Counters of a producer since its start.
package struct ProducerStatistics: Sendable, Hashable {
    /// Records that the broker acknowledged.
    package var acknowledged = 0
    /// Records that were refused, purged or expired.
    package var failed = 0
    /// Times a fatal error made a new librdkafka instance necessary.
    package var rebuilds = 0

    package init() {}
}

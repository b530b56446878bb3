import Metrics
import Models
import ServiceKit

/// The spool's part of the gateway's metrics.
struct SpoolMetrics: Sendable {
    static let mode = MetricDeclaration(
        "tocsin_gateway_spool_state", .gauge,
        "1 for the state that holds: direct (to the broker), spooling (the broker is away), draining, closing (the last of it).")
    static let records = MetricDeclaration("tocsin_gateway_spool_records", .gauge, "Alerts in the spool that wait for the broker.")
    static let bytes = MetricDeclaration("tocsin_gateway_spool_bytes", .gauge, "Bytes of the spool's database that are in use.")
    static let capacity = MetricDeclaration(
        "tocsin_gateway_spool_capacity_bytes", .gauge, "Bytes that the spool's database may use; 0: there is no spool.")
    static let oldest = MetricDeclaration(
        "tocsin_gateway_spool_oldest_seconds", .gauge, "How long the oldest alert has waited in the spool.")
    static let refused = MetricDeclaration(
        "tocsin_gateway_spool_refused_records", .gauge, "Alerts in the spool that the broker refuses for what they are.")
    static let usable = MetricDeclaration(
        "tocsin_gateway_spool_usable", .gauge, "1 while the spool would take alerts; 0 when it is full, too old, failing or off.")
    static let stored = MetricDeclaration("tocsin_gateway_spool_stored_total", .counter, "Alerts put into the spool.")
    static let drained = MetricDeclaration(
        "tocsin_gateway_spool_drained_total", .counter, "Alerts of the spool that the broker acknowledged.")
    static let failures = MetricDeclaration(
        "tocsin_gateway_spool_failures_total", .counter, "Failed accesses to the spool's files, by cause.")
    static let damaged = MetricDeclaration(
        "tocsin_gateway_spool_damaged_total", .counter, "Damaged spool files that were set aside.")

    let stored = Self.stored.counter()
    let drained = Self.drained.counter()
    private let modes = SpoolCourse.Mode.allCases.map { ($0, Self.mode.gauge([("state", $0.rawValue)])) }
    private let records = Self.records.gauge()
    private let bytes = Self.bytes.gauge()
    private let capacity = Self.capacity.gauge()
    private let oldest = Self.oldest.gauge()
    private let refused = Self.refused.gauge()
    private let usable = Self.usable.gauge()
    private let failures = Dictionary(
        uniqueKeysWithValues: SpoolFailure.Cause.allCases.map { ($0, Self.failures.counter([("cause", $0.rawValue)])) })

    init() {
        // Begins at 0, so that the first increase is one.
        Self.damaged.counter().increment(by: 0)
    }

    func failed(_ cause: SpoolFailure.Cause) { failures[cause]?.increment() }

    func show(_ course: SpoolCourse, limits: SpoolLimits?, now: Timestamp) {
        for (mode, gauge) in modes { gauge.record(mode == course.mode ? 1 : 0) }
        records.record(course.contents.records)
        bytes.record(course.contents.usedBytes)
        capacity.record(limits?.databaseBytes ?? 0)
        oldest.record(course.contents.oldestSeconds(now: now))
        refused.record(course.contents.refused)
        usable.record(course.obstacle(now: now) == nil ? 1 : 0)
    }
}

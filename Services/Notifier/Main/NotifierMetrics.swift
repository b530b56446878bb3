import Delivery
import Models
import ServiceKit

/// Every metric of notifier.
enum NotifierMetrics {
    static let planned = MetricDeclaration(
        "tocsin_notifier_planned_total", .counter, "Messages put into the ledger by channel type and state: pending, held, suppressed.")
    static let deliveries = MetricDeclaration(
        "tocsin_notifier_deliveries_total", .counter,
        "Attempts by channel type and outcome, which is that of delivery_attempts: delivered, retry, permanent, in_doubt, found and so on.")
    static let finished = MetricDeclaration(
        "tocsin_notifier_finished_total", .counter,
        "Messages that reached their end by channel type and state: sent, dead, in_doubt, suppressed.")
    static let failures = MetricDeclaration(
        "tocsin_notifier_failures_total", .counter, "Attempts that did not succeed by channel type and reason.")
    static let attemptSeconds = MetricDeclaration(
        "tocsin_notifier_attempt_seconds", .histogram, "From request to answer by channel type.")
    static let eventToSentSeconds = MetricDeclaration(
        "tocsin_notifier_event_to_sent_seconds", .histogram, "From the incident's event to the provider's acceptance by channel type.",
        buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 14_400, 86_400])
    static let resends = MetricDeclaration(
        "tocsin_notifier_resends_total", .counter, "Messages to be sent again though they may have arrived, by channel type.")
    static let breakerOpened = MetricDeclaration(
        "tocsin_notifier_breaker_opened_total", .counter, "Times that a channel was given a rest after failures in a row, by channel type.")
    static let fenced = MetricDeclaration(
        "tocsin_notifier_fenced_total", .counter,
        "Messages that somebody else had taken over, noticed before_send or after_send (label when): only the latter may have gone twice.")
    static let reconciled = MetricDeclaration(
        "tocsin_notifier_reconciled_total", .counter,
        "Look-ups of messages in doubt by channel type and outcome: found (not sent again), absent (sent again), unknown.")
    static let due = MetricDeclaration("tocsin_notifier_due_deliveries", .gauge, "Messages that should have gone by now.")
    static let oldestDue = MetricDeclaration("tocsin_notifier_due_oldest_seconds", .gauge, "How long the oldest due message has been due.")
    static let waiting = MetricDeclaration("tocsin_notifier_waiting_deliveries", .gauge, "Messages that wait for a later time.")
    static let inFlight = MetricDeclaration("tocsin_notifier_in_flight", .gauge, "Messages on their way from this process.")
    static let pausedChannels = MetricDeclaration("tocsin_notifier_paused_channels", .gauge, "Channels that rest after failures.")

    /// A closed set, whatever the database says.
    static func label(_ type: String, _ registry: ChannelRegistry) -> (String, String) {
        ("channel_type", registry.type(type) == nil ? "unknown" : type)
    }
}

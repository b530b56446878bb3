import Models

/// What is in the spool's file, as of its last commit.
struct SpoolContents: Sendable, Hashable {
    /// Grows with every change of the file: news of two changes may overtake each other.
    var revision = 0
    /// Alerts that wait for the broker.
    var records = 0
    /// Alerts that the broker refused for what they are; kept until the next start, which tries them again.
    var refused = 0
    /// Pages in use; free ones are not counted, they take the next alerts.
    var usedBytes = 0
    /// When the oldest of those that wait was stored; nil when none waits.
    var oldest: Timestamp?

    func oldestSeconds(now: Timestamp) -> Double { oldest.map { max(0, now.seconds(since: $0)) } ?? 0 }
}

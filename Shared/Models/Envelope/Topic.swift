/// The topics: the one list of names, key rules, record types, partitions and retention (docs/topics.md shows it).
package struct Topic: Sendable, Hashable {
    package let name: String
    /// What the Kafka key is made of.
    package let key: String
    /// What one record says.
    package let holds: String
    /// Who may write it.
    package let writers: String
    /// Partitions to create it with; more partitions let more replicas share the work.
    package let partitions: Int
    /// Hours that the broker should keep a record at least.
    package let retentionHours: Int

    package static let signals = Topic(
        name: "tocsin.signals", key: "team id / grouping key", holds: "one normalised alert or event", writers: "ingest-gateway",
        partitions: 64, retentionHours: 168)
    package static let commands = Topic(
        name: "tocsin.commands", key: "incident id", holds: "acknowledge or resolve, from chat", writers: "ingest-gateway",
        partitions: 16, retentionHours: 168)
    package static let incidents = Topic(
        name: "tocsin.incidents", key: "incident id", holds: "a fact of an incident's life", writers: "alert-grouper, console",
        partitions: 32, retentionHours: 168)
    package static let releases = Topic(
        name: "tocsin.releases", key: "release id", holds: "a fact of a release's life", writers: "console", partitions: 8,
        retentionHours: 168)
    package static let notifications = Topic(
        name: "tocsin.notifications", key: "incident id", holds: "the outcome of a delivery: sent, dead, in doubt, suppressed",
        writers: "notifier", partitions: 16, retentionHours: 168)
    package static let documents = Topic(
        name: "tocsin.documents", key: "subject id", holds: "a document was published or failed", writers: "doc-publisher",
        partitions: 8, retentionHours: 168)
    package static let audit = Topic(
        name: "tocsin.audit", key: "team id", holds: "one audit record", writers: "all", partitions: 8, retentionHours: 720)
    package static let deadletter = Topic(
        name: "tocsin.deadletter", key: "origin topic", holds: "the bytes of a record that could not be handled, its origin in headers",
        writers: "every consumer", partitions: 8, retentionHours: 720)

    package static let all: [Topic] = [
        .signals, .commands, .incidents, .releases, .notifications, .documents, .audit, .deadletter,
    ]
}

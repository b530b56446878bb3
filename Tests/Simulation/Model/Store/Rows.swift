import Delivery
import Grouping
import Models

/// The rows of `consumer_offsets`, `consumer_progress`, `outbox`, `notification_channels` and `deliveries`, as far as they matter.
struct OffsetKey: Hashable, Comparable {
    let group: String
    let topic: LogTopic
    let partition: Int

    static func < (left: OffsetKey, right: OffsetKey) -> Bool {
        (left.group, left.topic.rawValue, left.partition) < (right.group, right.topic.rawValue, right.partition)
    }
}

struct ProgressKey: Hashable {
    let group: String
    let incident: IncidentID
}

struct OutboxEntry {
    let id: Int64
    let message: LogMessage
    let createdAt: Timestamp
}

struct ChannelRow {
    let route: ChannelRoute
    let config: [UInt8]
    var failures = 0
    var pausedUntil: Timestamp?

    init(route: ChannelRoute, config: [UInt8]) {
        self.route = route
        self.config = config
    }

    var id: ChannelID { route.channelID }
}

/// What the ledger's unique constraint is about.
struct DeliveryKey: Hashable {
    let incident: IncidentID
    let sequence: Int64
    let channel: ChannelID
    let part: Int
}

struct DeliveryRow {
    enum State: String {
        case pending, sending, sent, dead, suppressed
        case inDoubt = "in_doubt"

        var isUnfinished: Bool { self == .pending || self == .sending }
    }

    let id: Int
    let deliveryID: DeliveryID
    let key: DeliveryKey
    let type: String
    let event: IncidentEvent
    var state: State
    var nextAttemptAt: Timestamp
    var attempts = 0
    var resends = 0
    var fence: Int64 = 0
    var leaseUntil: Timestamp?
    var reason: String?

    var conversation: Conversation { Conversation(key.incident, key.channel) }
    var order: (Int64, Int) { (key.sequence, key.part) }
}

/// What a transaction can hold against others.
enum LockKey: Hashable {
    case offset(OffsetKey)
    case alert(Alert.ID)
    case incident(IncidentID)
    /// The entry of the unique index on open incidents.
    case group(Group)
    case progress(ProgressKey)
    case delivery(Int)
    case deliveryKey(DeliveryKey)
    case channel(ChannelID)
    case measure(IncidentID)
    case cell(RollupKey)
    case outbox(Int64)
    case command(String)
}

import Models
import ServiceKit

/// The topics that matter here.
enum LogTopic: Int, CaseIterable, Hashable {
    case signals, commands, incidents, notifications

    var topic: Topic {
        switch self {
        case .signals: .signals
        case .commands: .commands
        case .incidents: .incidents
        case .notifications: .notifications
        }
    }

    init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.topic.name == name }) else { return nil }
        self = found
    }

    var partitions: Int {
        switch self {
        case .signals: 4
        case .incidents: 3
        case .commands, .notifications: 2
        }
    }
}

struct LogRecord {
    let offset: Int64
    let value: [UInt8]
    /// What the ledger calls it; 0: nothing that the ledger knows.
    let serial: Int
}

/// What a producer hands over.
struct LogMessage {
    let topic: LogTopic
    let key: String
    let value: [UInt8]
    var serial = 0

    init(_ fact: Fact, serial: Int = 0) {
        topic = LogTopic(name: fact.topic.name) ?? .notifications
        key = fact.key
        value = fact.payload
        self.serial = serial
    }
}

/// The log in memory: partitions that grow at the end and are trimmed at the head.
final class Broker {
    private unowned let world: World
    private(set) var partitions: [LogTopic: [Partition]] = [:]
    /// Decides which key goes where.
    private var salt: UInt8 = 0
    private var late: [(at: Timestamp, messages: [LogMessage])] = []
    private var sleepers: [LogTopic: [Fiber]] = [:]

    struct Partition {
        var base: Int64 = 0
        var records: [LogRecord] = []
        var end: Int64 { base + Int64(records.count) }
    }

    struct SendFailed: Error {}

    init(_ world: World) {
        self.world = world
        for topic in LogTopic.allCases { partitions[topic] = Array(repeating: Partition(), count: topic.partitions) }
    }

    var isAway: Bool { world.brokerAwayUntil > world.now }
    var hasLate: Bool { !late.isEmpty }

    /// One request of a producer. After an error the records may be there, or come later.
    func send(_ messages: [LogMessage]) throws {
        if isAway { throw SendFailed() }
        if world.strikes(.repartition, 40) { salt &+= 1 }
        if world.strikes(.lateRecord, 4) {
            late.append((world.now.adding(milliseconds: Int64(world.random.within(100...20_000))), messages))
            throw SendFailed()
        }
        append(messages)
        if world.strikes(.duplicateRecord, 6) { append(messages) }
        if world.strikes(.acknowledgementLost, 6) { throw SendFailed() }
    }

    /// Records whose producer has given up arrive.
    func deliverLate() {
        guard !late.isEmpty, !isAway else { return }
        for (at, messages) in late where at <= world.now { append(messages) }
        late.removeAll { $0.at <= world.now }
    }

    private func append(_ messages: [LogMessage]) {
        for message in messages {
            var hash = FNV1a()
            hash.combine(byte: salt)
            hash.combine(message.key)
            let partition = Int(hash.value % UInt64(message.topic.partitions))
            append(message.value, serial: message.serial, to: message.topic, partition)
            if message.serial != 0 { world.ledger.appended(message.serial, message.value) }
        }
    }

    func append(_ value: [UInt8], serial: Int, to topic: LogTopic, _ partition: Int) {
        guard let end = partitions[topic]?[partition].end else { return }
        partitions[topic]?[partition].records.append(LogRecord(offset: end, value: value, serial: serial))
        for fiber in sleepers[topic] ?? [] { fiber.wake(at: world.now.adding(milliseconds: 5)) }
        sleepers[topic] = []
    }

    /// The fiber is woken by the next record of the topic.
    func sleep(_ fiber: Fiber, on topic: LogTopic) { sleepers[topic, default: []].append(fiber) }

    func end(_ topic: LogTopic, _ partition: Int) -> Int64 { partitions[topic]?[partition].end ?? 0 }

    /// Up to `limit` records from `offset` on; from the head when that was trimmed away.
    func read(_ topic: LogTopic, _ partition: Int, from offset: Int64, limit: Int) -> ArraySlice<LogRecord> {
        guard let log = partitions[topic]?[partition] else { return [] }
        let start = Int(max(0, offset - log.base))
        guard start < log.records.count else { return [] }
        return log.records[start..<min(start + limit, log.records.count)]
    }

    /// Drops what lies before `offset`.
    func trim(_ topic: LogTopic, _ partition: Int, to offset: Int64) {
        guard let base = partitions[topic]?[partition].base, offset > base else { return }
        partitions[topic]?[partition].records.removeFirst(Int(offset - base))
        partitions[topic]?[partition].base = offset
    }
}

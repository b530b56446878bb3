import Kafka
import Models

extension Timestamp {
    fileprivate static let endOfTime = Timestamp(microseconds: .max)
}

/// Reads what the topics of facts hold of the window, and what the outbox still keeps back.
struct FactPass {
    /// A fact may be published so much later than it came to be, before it is looked for a second time: seconds.
    private static let lateSeconds = 600
    /// Clocks may differ by so much: seconds.
    private static let skewSeconds = 60
    private static let maxWaiting = 10_000

    let context: VerifyContext
    var events = FactLog(spans: [:])
    var outcomes = FactLog(spans: [:])
    private(set) var clusterID: String?
    private(set) var waiting: [Int64: WaitingFact] = [:]
    private var waitingIDs: Set<String> = []

    init(_ context: VerifyContext) { self.context = context }

    /// The outbox first: what is not in it any more must be in the topic.
    mutating func run() async throws {
        try await readOutbox()
        let from = context.window.from.adding(seconds: -Self.skewSeconds)
        let to = context.window.to.adding(seconds: Self.lateSeconds)
        let start = TopicReader.Start.time(from: from.milliseconds, to: to.milliseconds)
        events = try await read(.incidents, from: start, into: nil)
        outcomes = try await read(.notifications, from: start, into: nil)
    }

    /// Reads on where the first look ended.
    mutating func runAgain() async throws {
        try await readOutbox()
        events = try await read(.incidents, from: .offsets(events.spans.mapValues(\.end)), into: events)
        outcomes = try await read(.notifications, from: .offsets(outcomes.spans.mapValues(\.end)), into: outcomes)
    }

    func isWaiting(_ id: String) -> Bool { waitingIDs.contains(id) }

    private mutating func readOutbox() async throws {
        let rows = try await context.database.read { [team = context.onlyTeam] in
            try await OutboxEvidenceStore.waiting(team: team, limit: Self.maxWaiting, in: $0)
        }
        waiting = Dictionary(rows.map { ($0.row, $0) }) { first, _ in first }
        waitingIDs = Set(rows.map(\.id))
    }

    private mutating func read(_ topic: Topic, from start: TopicReader.Start, into known: FactLog?) async throws -> FactLog {
        let context = context
        let earliest = context.window.from.adding(seconds: topic == .notifications ? -Self.skewSeconds : 0)
        let latest = topic == .notifications ? nil : context.window.to
        let (log, id) = try await context.topics.reading(topic, from: start) { reader in
            var log = known ?? FactLog(spans: reader.spans)
            let id = await reader.clusterID(timeoutMilliseconds: 2000)
            try await reader.readAll { records in
                for record in records {
                    let time = record.header("ce_time").flatMap { Timestamp(rfc3339: $0) }
                    let isWanted = time.map { $0 >= earliest && $0 < latest ?? .endOfTime } ?? false
                    log.take(record, isWanted: isWanted && context.isOfSelectedTeam(record))
                }
                try context.checkBound(log.count, of: topic.name)
                context.progress.add(records.count)
            }
            return (log, id)
        }
        clusterID = id ?? clusterID
        return log
    }
}

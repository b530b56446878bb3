import Delivery
import Kafka
import Models

/// What every pass works with.
struct VerifyContext: Sendable {
    /// Things of one pass that are looked at a second time; more are told as they were found first.
    static let maxSuspects = 10_000

    let database: VerifyDatabase
    let topics: TopicSource
    /// Short names by id, of all teams.
    let teams: [TeamID: String]
    /// nil: all.
    let onlyTeam: TeamID?
    let window: VerifyWindow
    /// Rows of the outbox older than this are late: seconds.
    let graceSeconds: Int
    /// Most records of one topic, and most incidents.
    let maxRecords: Int
    let registry: ChannelRegistry
    let progress: VerifyProgress

    /// The teams that are looked at, in order of their names.
    var selected: [(id: TeamID, slug: String)] {
        teams.filter { onlyTeam == nil || $0.key == onlyTeam }.map { ($0.key, $0.value) }.sorted { $0.slug < $1.slug }
    }

    /// Whether the record belongs to a team that is looked at.
    func concerns(_ record: IncomingRecord) -> Bool {
        guard let onlyTeam else { return true }
        return record.header("ce_teamid").flatMap { TeamID($0) } == onlyTeam
    }

    /// As `concerns`, without records of teams that are gone.
    func isOfSelectedTeam(_ record: IncomingRecord) -> Bool {
        guard let team = record.header("ce_teamid").flatMap({ TeamID($0) }), teams[team] != nil else { return false }
        return onlyTeam == nil || team == onlyTeam
    }

    /// - Throws: exit code 2: the run would take more memory, or time, than was meant.
    func checkBound(_ count: Int, of what: String) throws {
        guard count > maxRecords else { return }
        throw OperatorFailure.refused(
            "\(what): more than \(maxRecords) in this time: choose a shorter one, a team, or a larger --max-records")
    }
}

/// Opens readers that belong to no consumer group.
struct TopicSource: Sendable {
    static let timeoutMilliseconds = 15_000

    let brokers: String
    let properties: [String: String]
    let session: Session

    /// Reads a topic and closes it.
    func reading<R>(
        _ topic: Topic, from start: TopicReader.Start, _ body: (TopicReader) async throws -> R
    ) async throws -> R {
        // Little is fetched ahead: the broker and our memory are spared, and the disk is fast enough.
        let extra = ["queued.max.messages.kbytes": "16384"].merging(properties) { _, own in own }
        let reader = try TopicReader(brokers: brokers, clientID: "tocsin-verify", extra: extra, logger: session.logger)
        do {
            try await reader.open(topic.name, from: start, timeoutMilliseconds: Self.timeoutMilliseconds)
            let result = try await body(reader)
            await reader.close()
            return result
        } catch {
            await reader.close()
            throw error
        }
    }
}

extension TopicReader {
    /// Hands over all that the topic held when it was opened.
    /// - Throws: `OperatorFailure` when the broker sends nothing for half a minute.
    func readAll(_ body: ([IncomingRecord]) async throws -> Void) async throws {
        let patience = Duration.seconds(30)
        var heardAt = ContinuousClock.now
        while await !isAtEnd {
            let records = try await next(maxRecords: 1000, waitMilliseconds: 500)
            if !records.isEmpty { heardAt = .now }
            try await body(records)
            if heardAt.duration(to: .now) > patience { throw OperatorFailure.unavailable("Kafka: a topic cannot be read to its end") }
            try Task.checkCancellation()
        }
    }
}

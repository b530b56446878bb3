import ArgumentParser
import Kafka
import Models
import ServiceKit
import Store

/// `tocsin tail`
struct Tail: OperatorCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the records of a topic as they come, decoded.",
        discussion: """
            Reads beside the services and changes nothing: no consumer group, no offsets. Records of different partitions come in \
            no particular order. Ends with Ctrl-C, after --count records, or at the end of what there is with --no-follow.

            tocsin tail incidents
            tocsin tail signals --from beginning --no-follow --json | jq .value.labels
            """)

    enum Start: String, ExpressibleByArgument, CaseIterable, Sendable {
        case beginning, end
    }

    @Argument(
        help: ArgumentHelp("The topic, with or without \"tocsin.\": \(Tail.shortNames.joined(separator: ", ")).", valueName: "topic"),
        completion: .list(Tail.shortNames))
    var topic: String

    @Option(help: "Where to begin: beginning is the oldest record that Kafka still has.")
    var from = Start.end

    @Flag(help: "One line of JSON a record, complete.")
    var json = false

    @Option(help: "End after so many records.")
    var count: Int?

    @Option(help: "Only records of this team: its short name (needs DATABASE_URL) or its id.")
    var team: String?

    @Flag(inversion: .prefixedNo, help: "Wait for more at the end.")
    var follow = true

    static let shortNames = Topic.all.map { String($0.name.dropFirst("tocsin.".count)) }

    static func topic(named name: String) -> Topic? { Topic.all.first { $0.name == name || $0.name == "tocsin.\(name)" } }

    func validate() throws {
        guard Tail.topic(named: topic) != nil else {
            throw ValidationError("there is no topic '\(topic)': one of \(Tail.shortNames.joined(separator: ", "))")
        }
        guard count.map({ $0 > 0 }) ?? true else { throw ValidationError("--count must be at least 1") }
    }

    func run(in session: Session) async throws {
        guard let topic = Tail.topic(named: topic) else { throw OperatorFailure.notFound("there is no such topic") }
        let common = try session.settings(.brokers)
        let teamID = try await teamID(in: session)
        let reader = try TopicReader(
            brokers: common.kafkaBrokers, clientID: "tocsin-tail", extra: common.kafkaProperties, logger: session.logger)
        do {
            try await reader.open(topic.name, from: from == .end ? .end : .beginning, timeoutMilliseconds: 10_000)
            try await show(reader, teamID: teamID, session)
            await reader.close()
        } catch {
            await reader.close()
            throw error
        }
    }

    private func teamID(in session: Session) async throws -> String? {
        guard let team else { return nil }
        if let id = TeamID(team) { return id.description }
        return try await session.transaction { try await TeamStore.required(slug: team, in: $0) }.id.description
    }

    private func show(_ reader: TopicReader, teamID: String?, _ session: Session) async throws {
        var shown = 0
        while true {
            for record in try await reader.next(maxRecords: 500, waitMilliseconds: 200) {
                guard teamID == nil || record.header("ce_teamid") == teamID else { continue }
                session.output.write(line(record, hasColour: session.output.hasColour))
                shown += 1
                if shown == count { return }
            }
            if !follow, await reader.isAtEnd { return }
            try Task.checkCancellation()
        }
    }

    private func line(_ record: IncomingRecord, hasColour: Bool) -> String {
        if json { return String(decoding: RecordJSON.line(record), as: UTF8.self) }
        return RecordSummary(record).line(place: "[\(record.partition)]@\(record.offset)", hasColour: hasColour)
    }
}

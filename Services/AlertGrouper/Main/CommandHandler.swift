import Kafka
import Models
import Postgres
import ServiceKit
import Store
import Synchronization

/// What became of a command; also the label of the commands metric.
enum CommandOutcome: String, Sendable, CaseIterable {
    case done, repeated, refused
    case notFound = "not_found"
}

/// Commands from chat change incidents. A command that does not apply is an answer, not a fault: it is counted and passed over.
final class CommandHandler: BatchHandler {
    private let metrics: GrouperMetrics
    /// Outcomes of the last attempt; counted once it has committed.
    private let pending = Mutex<[CommandOutcome]>([])

    init(metrics: GrouperMetrics) { self.metrics = metrics }

    func handle(_ records: [IncomingRecord], in connection: PostgresConnection, now: Timestamp) async throws -> [Fact] {
        var outcomes: [CommandOutcome] = []
        var facts: [Fact] = []
        for command in try CommandHandler.inLockOrder(records) {
            switch try await CommandStore.carryOut(command, now: now, in: connection) {
            case .done(let event):
                outcomes.append(.done)
                facts.append(event.fact(from: GrouperServices.name))
            case .repeated: outcomes.append(.repeated)
            case .refused: outcomes.append(.refused)
            case .notFound: outcomes.append(.notFound)
            }
        }
        pending.withLock { [outcomes] in $0 = outcomes }
        return facts
    }

    func committed(_ records: [IncomingRecord]) async {
        let outcomes = pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        metrics.count(outcomes)
    }

    /// The commands by incident, those of one incident in the order of their records: incidents are locked in the same order by everybody,
    /// so that two transactions do not wait for each other.
    static func inLockOrder(_ records: [IncomingRecord]) throws -> [IncidentCommand] {
        let commands = try records.enumerated().map { (index: $0.offset, command: try command($0.element, index: $0.offset)) }
        return commands.sorted {
            ($0.command.teamID, $0.command.incidentID, $0.index) < ($1.command.teamID, $1.command.incidentID, $1.index)
        }.map(\.command)
    }

    private static func command(_ record: IncomingRecord, index: Int) throws -> IncidentCommand {
        do { return try IncidentCommand(decoding: record.value) } catch { throw PoisonRecord(index: index, reason: error.description) }
    }
}

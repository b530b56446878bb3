import ArgumentParser
import Delivery
import Models
import Postgres
import ServiceKit
import Store

/// `tocsin verify`
struct Verify: OperatorCommand {
    static let configuration = CommandConfiguration(
        abstract: "Proves that nothing was lost and nothing done twice.",
        discussion: """
            Compares the accepted signals with alerts and incidents, incidents with their events, events with messages and with what \
            was published, and the figures with a recomputation. Reads only, beside the services: no consumer group, no offset, no \
            lock; short transactions on one connection that cannot write, which rests as long as it works.

            What looks bad is looked at once more before it is told.

            tocsin verify --since 10m
            tocsin verify --team shop --from 2026-11-21T08:00:00Z --to 2026-11-21T09:00:00Z --json

            Exit codes: 0 nothing lost and nothing twice; 1 something is lost, doubled, late or contradictory; 3 nothing of that, but \
            messages are in doubt; others: it could not be checked.
            """)

    @Option(help: ArgumentHelp("How far back: 90s, 10m, 2h, 1d.", valueName: "time"))
    var since: TimeSpan?

    @Option(help: ArgumentHelp("Begin, instead of --since: 2026-11-21T08:00:00Z.", valueName: "time"))
    var from: TimeText?

    @Option(help: ArgumentHelp("End. Default: now, less the grace.", valueName: "time"))
    var to: TimeText?

    @Option(help: "Only this team: its short name.")
    var team: String?

    @Option(help: ArgumentHelp("What is younger is on its way and not looked at.", valueName: "time"))
    var grace = TimeSpan(seconds: 30)

    @Option(help: "Most records of one topic, and most incidents: bounds memory and time.")
    var maxRecords = 1_000_000

    @Option(help: "Lines of each kind of finding in the table.")
    var limit = 20

    @Flag(help: "JSON instead of a table.")
    var json = false

    @Flag(help: "No progress, also at a terminal.")
    var quiet = false

    @Flag(help: "No rests between the looks: faster, and more load on the database.")
    var fullSpeed = false

    private static let standard = TimeSpan(seconds: 3600)
    private static let statementTimeoutMilliseconds = 30_000

    func validate() throws {
        guard since == nil || from == nil else { throw ValidationError("--since and --from exclude each other") }
        guard since.map({ $0.seconds > 0 }) ?? true else { throw ValidationError("--since must be longer than nothing") }
        guard (1...3600).contains(grace.seconds) else { throw ValidationError("--grace must be from 1s to 1h") }
        guard (1...50_000_000).contains(maxRecords) else { throw ValidationError("--max-records must be from 1 to 50000000") }
        guard (0...10_000).contains(limit) else { throw ValidationError("--limit must be from 0 to 10000") }
    }

    func run(in session: Session) async throws {
        let common = try session.settings(.database, .brokers)
        let started = ContinuousClock.now
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                url: common.databaseURL, applicationName: "tocsin-verify", maxConnections: 1,
                statementTimeoutMilliseconds: Self.statementTimeoutMilliseconds, preparedStatements: common.databasePreparedStatements),
            logger: session.logger)
        do {
            let database = VerifyDatabase(pool: pool, isGentle: !fullSpeed)
            let topics = TopicSource(brokers: common.kafkaBrokers, properties: common.kafkaProperties, session: session)
            let (window, findings) = try await check(database, topics, session)
            await pool.close()
            let report = VerifyReport(
                window: window, team: team, findings: findings, seconds: started.duration(to: .now).inSeconds)
            try tell(report, session)
        } catch {
            await pool.close()
            throw error
        }
    }

    private func check(
        _ database: VerifyDatabase, _ topics: TopicSource, _ session: Session
    ) async throws -> (VerifyWindow, Findings) {
        let now = try await database.now()
        let window = try VerifyWindow(
            since: since ?? Self.standard, from: from?.time, to: to?.time, graceSeconds: grace.seconds, now: now)
        let (teams, only) = try await database.read { [team] connection in
            let teams = try await TeamStore.list(in: connection)
            guard let team else { return (teams, nil as TeamID?) }
            return (teams, try await TeamStore.required(slug: team, in: connection).id)
        }
        let context = VerifyContext(
            database: database, topics: topics, teams: Dictionary(teams.map { ($0.id, $0.slug) }) { first, _ in first }, onlyTeam: only,
            window: window, graceSeconds: grace.seconds, maxRecords: maxRecords, registry: try ChannelRegistry(),
            progress: VerifyProgress(quiet || !session.output.hasProgress ? nil : session.output))
        return (window, try await VerifyRun(context: context, now: now).run())
    }

    private func tell(_ report: VerifyReport, _ session: Session) throws {
        if json {
            session.output.write(json: report.json)
        } else {
            session.output.write(report.text(limit: limit, hasColour: session.output.hasColour))
        }
        let bad = VerifyStatus.allCases.filter(\.isFailure).filter { report.total($0) > 0 }
        switch report.verdict {
        case .ok: return
        case .inDoubt: throw OperatorFailure.inDoubt("\(report.total(.inDoubt)) in doubt")
        case .failed: throw OperatorFailure.failed(bad.map { "\(report.total($0)) \($0.rawValue)" }.joined(separator: ", "))
        }
    }
}

extension TimeText: ExpressibleByArgument {
    init?(argument: String) {
        guard let time = Timestamp(rfc3339: argument) else { return nil }
        self.init(time: time)
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(components.seconds) + (Double(components.attoseconds) / 1e18 * 1000).rounded() / 1000 }
}

import ArgumentParser
import FoundationEssentials
import Models
import Postgres
import Store

/// `tocsin fire-drill`
struct FireDrill: OperatorCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends a test alert the whole way and shows what each channel made of it.",
        discussion: """
            The alert goes through the gateway like any other, becomes an incident, and tells every channel of the team that is on. \
            Then it is resolved. People are disturbed: the message says that it is a drill.

            Exits with 0 only when every channel that is on got it. A channel whose route does not fit is "not routed": give its \
            condition with --label, such as --label env=prod. Needs TOCSIN_GATEWAY_URL and TOCSIN_INGEST_KEY.
            """)

    @Option(help: "The team's short name.")
    var team: String

    @Option(help: "How long to wait for all channels.")
    var wait = TimeSpan(seconds: 60)

    @Option(help: "Severity of the alert: critical passes every channel's threshold.")
    var severity = Severity.critical

    @Option(
        name: .customLong("label"), parsing: .singleValue,
        help: ArgumentHelp("A further label of the alert; may be repeated.", valueName: "name=value"))
    var labels: [LabelText] = []

    @Flag(help: "JSON instead of a table.")
    var json = false

    func validate() throws {
        guard (1...3600).contains(wait.seconds) else { throw ValidationError("--wait must be from 1s to 1h") }
    }

    func run(in session: Session) async throws {
        let gateway = try GatewayClient(session)
        let drill = DrillAlert(
            id: String(UUID().uuidString.lowercased().prefix(8)), severity: severity,
            extraLabels: Dictionary(labels.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last }), startedAt: session.now)
        let (report, incident) = try await session.withDatabase { pool in
            let course = DrillCourse(drill: drill, gateway: gateway, pool: pool, session: session, isQuiet: json)
            return try await course.run(team: try await owner(in: pool, session), waitSeconds: wait.seconds)
        }
        if json {
            session.output.write(json: report.json(incident: incident.id, number: incident.number))
        } else {
            session.output.write(report.table(), whenEmpty: "the team has no channel that is on: tocsin channels add --help")
        }
        guard report.isPassed else { throw OperatorFailure.failed(DrillCourse.verdict(report)) }
    }

    /// The team, after checking that the key is one of its own: else the alert would drill somebody else.
    private func owner(in pool: PostgresPool, _ session: Session) async throws -> TeamID {
        let key = AccessToken(session.variable("TOCSIN_INGEST_KEY") ?? "")
        let now = session.now
        return try await pool.withConnection { connection in
            let id = try await TeamStore.required(slug: team, in: connection).id
            let found = KeyDirectory(try await KeyStore.list(in: connection)).key(for: key, kind: .ingest, now: now)
            guard found?.teamID == id else {
                throw OperatorFailure.configuration("TOCSIN_INGEST_KEY is no valid ingest key of the team \(Printable.line(team))")
            }
            return id
        }
    }
}

/// `name=value` of a label.
struct LabelText: Sendable, Hashable, ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}

import ServiceKit
import Hummingbird
import Models
import Postgres
import Store
import Views

/// The pages that only read.
enum ReadingPages {
    private static let burningLimit = 25
    private static let chartDays = 30

    static func overview(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let now = console.now
        let first = now.adding(seconds: -86_400 * (chartDays - 1))
        let page = try await console.runtime.pool.withConnection { connection in
            let cells = try await RollupStore.cells(teams: [visitor.teamID], from: first.utcDay, to: now.utcDay, in: connection)
            return OverviewPage(
                frame: try await frame("Overview", .overview, visitor, in: connection), now: now,
                unresolved: try await IncidentQueries.unresolved(team: visitor.teamID, in: connection).map {
                    OverviewPage.Count(status: $0.status, severity: $0.severity, count: $0.count)
                },
                burning: try await IncidentQueries.burning(team: visitor.teamID, limit: burningLimit, in: connection),
                month: MetricsSummary(cells).total, days: days(cells, from: first))
        }
        return Answers.page(.ok, console.views.overview(page))
    }

    private static func days(_ cells: [(key: RollupKey, cell: RollupCell)], from first: Timestamp) -> [DayChart.Day] {
        var counts: [String: [Severity: Int]] = [:]
        for (key, cell) in cells { counts[key.day, default: [:]][key.severity, default: 0] += Int(cell.incidents) }
        return (0..<chartDays).map { offset in
            let day = first.adding(seconds: 86_400 * offset).utcDay
            return DayChart.Day(day: day, counts: counts[day] ?? [:])
        }
    }

    static func incidents(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let query = try IncidentQuery(call.query)
        let page = try await console.runtime.pool.withConnection { connection in
            let listing = try await IncidentQueries.list(query, team: visitor.teamID, in: connection)
            return IncidentsPage(
                frame: try await frame("Incidents", .incidents, visitor, in: connection), now: console.now,
                form: form(call.query), incidents: listing.rows, total: listing.total,
                pager: pager("/incidents", call.query, next: listing.next))
        }
        return Answers.page(.ok, console.views.incidents(page))
    }

    private static func form(_ query: FormText) -> IncidentsPage.Form {
        var form = IncidentsPage.Form()
        form.search = query["q"] ?? ""
        form.status = query["status"] ?? ""
        form.severity = query["severity"] ?? ""
        form.service = query["service"] ?? ""
        form.assignee = query["assignee"] ?? ""
        form.order = query["order"] ?? ""
        return form
    }

    static func incident(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let page = try await console.runtime.pool.withConnection { connection -> IncidentPage? in
            guard let detail = try await IncidentDetail.read(call.values[0], team: visitor.teamID, in: connection) else { return nil }
            let title = "#\(detail.incident.number) \(detail.incident.title)"
            return IncidentPage(
                frame: try await frame(title, .incidents, visitor, in: connection), now: console.now, incident: detail.incident,
                alerts: detail.alerts.map(\.item), events: detail.events, deliveries: detail.deliveries.map(\.item))
        }
        guard let page else { throw ConsoleRefusal.noIncident }
        return Answers.page(.ok, console.views.incident(page))
    }

    static func alerts(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        let query = try AlertQuery(call.query)
        let page = try await console.runtime.pool.withConnection { connection in
            let listing = try await AlertQueries.list(query, team: visitor.teamID, in: connection)
            return AlertsPage(
                frame: try await frame("Alerts", .alerts, visitor, in: connection), now: console.now, status: call.query["status"] ?? "",
                alerts: listing.rows.map(\.item), total: listing.total, pager: pager("/alerts", call.query, next: listing.next))
        }
        return Answers.page(.ok, console.views.alerts(page))
    }

    private static func frame(
        _ title: String, _ tab: PageFrame.Tab, _ visitor: Visitor, in connection: PostgresConnection
    ) async throws -> PageFrame {
        let team = try await TeamQueries.team(visitor.teamID, in: connection)
        return PageFrame(
            title: title, tab: tab,
            guest: PageFrame.Guest(teamName: team?.name ?? "", keyName: visitor.name, formToken: visitor.session?.formToken ?? ""))
    }

    private static func pager(_ path: String, _ query: FormText, next: Cursor?) -> Pager {
        let kept = query.pairs.filter { !["cursor", "offset"].contains($0.name) && !$0.value.isEmpty }
        let isFirst = (query["cursor"] ?? "").isEmpty && (query["offset"] ?? "0") == "0"
        return Pager(
            first: isFirst ? nil : Query.address(path, kept),
            next: next.map { Query.address(path, kept + [("cursor", $0.text)]) })
    }
}

extension AlertRow {
    /// The alert as pages show it.
    var item: AlertItem {
        AlertItem(
            name: name, summary: ["summary", "title", "description", "message"].compactMap { annotations[$0] }.first { !$0.isEmpty },
            source: source, isFiring: status == "firing", severity: severity, startsAt: startsAt, endsAt: endsAt, labels: labels,
            annotations: annotations, link: generatorURL, incidentNumber: incidentNumber, occurrence: occurrence, repeats: repeats)
    }
}

extension DeliveryRow {
    /// The delivery as pages show it.
    var item: DeliveryItem {
        DeliveryItem(channel: channel, channelType: channelType, kind: kind, state: state, attempts: attempts, error: lastError)
    }
}

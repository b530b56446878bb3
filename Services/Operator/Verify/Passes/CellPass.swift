import Models
import Rollup
import Store

/// Adds up the measures of the window's days anew and compares the cells.
struct CellPass {
    private static let measuresPerPage = 2000
    private static let daySeconds = 86_400

    private struct Day: Hashable {
        let team: TeamID
        let slug: String
        let day: String
    }

    let context: VerifyContext
    private(set) var findings = Findings()
    private var suspects: [Day] = []

    init(_ context: VerifyContext) { self.context = context }

    var hasSuspects: Bool { !suspects.isEmpty }

    mutating func run() async throws {
        for (team, slug) in context.selected {
            for day in Self.days(of: context.window) { try await examine(Day(team: team, slug: slug, day: day), isFirst: true) }
        }
    }

    mutating func runAgain() async throws {
        let again = suspects
        suspects = []
        for day in again { try await examine(day, isFirst: false) }
    }

    /// The UTC days that the window touches.
    static func days(of window: VerifyWindow) -> [String] {
        var days: [String] = []
        var time = window.from
        while time < window.to {
            days.append(time.utcDay)
            time = time.adding(seconds: daySeconds)
        }
        let last = Timestamp(microseconds: window.to.microseconds - 1).utcDay
        return days.last == last ? days : days + [last]
    }

    /// One snapshot for cells and measures: the aggregator changes both in one transaction.
    private mutating func examine(_ day: Day, isFirst: Bool) async throws {
        let found = try await context.database.snapshot { connection in
            var recomputed: [RollupKey: RollupCell] = [:]
            var last: IncidentID?
            while true {
                let page = try await MeasureEvidenceStore.page(
                    team: day.team, day: day.day, after: last, limit: Self.measuresPerPage, in: connection)
                for (key, cell) in Rollup.recompute(page) { recomputed[key, default: RollupCell()].merge(cell) }
                last = page.last?.incidentID
                if page.count < Self.measuresPerPage { break }
            }
            let cells = try await RollupStore.cells(teams: [day.team], from: day.day, to: day.day, in: connection)
            let stored = Dictionary(cells.map { ($0.key, $0.cell) }) { first, _ in first }
            return MeasureCheck.examine(stored: stored, recomputed: recomputed, team: day.slug)
        }
        if isFirst, found.isSuspicious { suspects.append(day) } else { findings.merge(found) }
        context.progress.add(found[.metrics].examined)
    }
}

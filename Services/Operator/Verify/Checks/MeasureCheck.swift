import Models
import Rollup

/// A row of `incident_measures`.
typealias StoredMeasure = Measure

/// Compares what metrics-aggregator keeps with what the incidents say.
enum MeasureCheck {
    /// One incident's measure.
    static func examine(_ evidence: IncidentEvidence, team: String) -> Findings {
        var findings = Findings()
        let incident = evidence.incident
        guard evidence.measured >= incident.sequence else {
            findings.note(.metrics, .pending, state: "not_measured_yet")
            return findings
        }
        guard let measure = evidence.measure else {
            findings.add(.metrics, .lost, "no_measure", id: "\(incident.id)", team: team, "handled, and not measured")
            return findings
        }
        let names = differing(measure, expected(of: evidence))
        if names.isEmpty {
            findings.note(.metrics, .ok)
        } else {
            let detail = "its measure differs from its events in \(names.joined(separator: ", "))"
            findings.add(.metrics, .wrong, "measure", id: "\(incident.id)", team: team, detail)
        }
        return findings
    }

    static func expected(of evidence: IncidentEvidence) -> Measure {
        let incident = evidence.incident
        let event = IncidentEvent(kind: .updated, at: incident.updatedAt, actor: .system("verify"), incident: incident)
        var measure = Measure(after: event, earlier: nil)
        measure.firstAckedAt = evidence.firstAckedAt ?? measure.firstAckedAt
        return measure
    }

    private static func differing(_ stored: Measure, _ expected: Measure) -> [String] {
        let fields: [(String, Bool)] = [
            ("sequence", stored.sequence == expected.sequence), ("status", stored.status == expected.status),
            ("severity", stored.severity == expected.severity), ("service", stored.service == expected.service),
            ("openedAt", stored.openedAt == expected.openedAt), ("firstAckedAt", stored.firstAckedAt == expected.firstAckedAt),
            ("resolvedAt", stored.resolvedAt == expected.resolvedAt),
        ]
        return fields.filter { !$0.1 }.map(\.0)
    }

    /// The cells of one team and day.
    /// - Parameters:
    ///   - stored: rows of `metric_rollups`.
    ///   - recomputed: what the measures make, of the same snapshot.
    static func examine(stored: [RollupKey: RollupCell], recomputed: [RollupKey: RollupCell], team: String) -> Findings {
        var findings = Findings()
        for key in Set(stored.keys).union(recomputed.keys).sorted() {
            // A cell that every incident has left stays, empty.
            let (has, wants) = (stored[key] ?? RollupCell(), recomputed[key] ?? RollupCell())
            if has == wants {
                findings.note(.metrics, .ok, state: "cells")
            } else {
                let id = "\(team)/\(key.day)/\(key.service)/\(key.severity.rawValue)"
                findings.add(.metrics, .wrong, "cell", id: id, team: team, "has \(text(has)); recomputed: \(text(wants))")
            }
        }
        return findings
    }

    private static func text(_ cell: RollupCell) -> String {
        "\(cell.open) open, \(cell.acknowledged) acknowledged, \(cell.resolved) resolved, "
            + "\(cell.timeToAcknowledge.samples) acknowledged in \(cell.timeToAcknowledge.milliseconds) ms, "
            + "\(cell.timeToResolve.samples) resolved in \(cell.timeToResolve.milliseconds) ms"
    }
}

import JSON

/// The figures of a selection of rollup cells: the answer of `GET /api/metrics`.
package struct MetricsSummary: Sendable, Hashable {
    package private(set) var total = RollupCell()
    package private(set) var bySeverity: [Severity: RollupCell] = [:]
    package private(set) var byService: [String: RollupCell] = [:]
    package private(set) var byDay: [String: RollupCell] = [:]

    package init(_ cells: [(key: RollupKey, cell: RollupCell)]) {
        for (key, cell) in cells {
            total.merge(cell)
            bySeverity[key.severity, default: RollupCell()].merge(cell)
            byService[key.service, default: RollupCell()].merge(cell)
            byDay[key.day, default: RollupCell()].merge(cell)
        }
    }

    /// One JSON object: `totalIncidents`, `openIncidents` (open or acknowledged), `resolvedIncidents`, `mtta` and `mttr` (mean seconds, null
    /// without samples), `incidentsByStatus`, `incidentsBySeverity`, then percentiles and the same figures by service and day.
    package func encode() -> [UInt8] {
        var writer = JSONWriter(reserving: 2048)
        writer.object { writer in
            writer.field("totalIncidents", total.incidents)
            writer.field("openIncidents", total.open + total.acknowledged)
            writer.field("resolvedIncidents", total.resolved)
            writer.key("mtta")
            writer.seconds(total.timeToAcknowledge.mean)
            writer.key("mttr")
            writer.seconds(total.timeToResolve.mean)
            writer.key("incidentsByStatus")
            writer.object { writer in
                writer.field("open", total.open)
                writer.field("acknowledged", total.acknowledged)
                writer.field("resolved", total.resolved)
            }
            writer.key("incidentsBySeverity")
            writer.object { writer in
                for severity in Severity.allCases.reversed() {
                    writer.key(severity.rawValue)
                    writer.value(bySeverity[severity]?.incidents ?? 0)
                }
            }
            writer.key("timeToAcknowledge")
            writer.durations(total.timeToAcknowledge)
            writer.key("timeToResolve")
            writer.durations(total.timeToResolve)
            writer.key("bySeverity")
            writer.cells(bySeverity.map { ($0.key.rawValue, $0.value) })
            writer.key("byService")
            writer.cells(byService.map { ($0.key, $0.value) })
            writer.key("byDay")
            writer.cells(byDay.map { ($0.key, $0.value) })
        }
        return writer.bytes
    }
}

extension JSONWriter {
    /// Milliseconds written as seconds, or null.
    fileprivate mutating func seconds(_ milliseconds: Double?) {
        if let milliseconds { value(milliseconds / 1000) } else { null() }
    }

    fileprivate mutating func durations(_ durations: RollupCell.Durations) {
        object { writer in
            writer.field("samples", durations.samples)
            writer.key("mean")
            writer.seconds(durations.mean)
            for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
                writer.key(name)
                writer.seconds(durations.histogram.percentile(share))
            }
        }
    }

    fileprivate mutating func cells(_ cells: [(String, RollupCell)]) {
        object { writer in
            for (name, cell) in cells.sorted(by: { $0.0 < $1.0 }) {
                writer.key(name)
                writer.object { writer in
                    writer.field("incidents", cell.incidents)
                    writer.field("open", cell.open)
                    writer.field("acknowledged", cell.acknowledged)
                    writer.field("resolved", cell.resolved)
                    writer.key("timeToAcknowledge")
                    writer.durations(cell.timeToAcknowledge)
                    writer.key("timeToResolve")
                    writer.durations(cell.timeToResolve)
                }
            }
        }
    }
}

package import Models

/// Bars of a month, one a day, stacked by severity; drawn as SVG on the server.
package struct DayChart: Sendable {
    package struct Day: Sendable {
        /// `2026-11-21`
        package var day: String
        package var counts: [Severity: Int]

        package init(day: String, counts: [Severity: Int]) {
            self.day = day
            self.counts = counts
        }

        var total: Int { counts.values.reduce(0, +) }
    }

    package var days: [Day]

    package init(days: [Day]) { self.days = days }

    private static let width = 720.0
    private static let height = 190.0
    private static let left = 34.0
    private static let top = 10.0
    private static let bottom = 166.0
    private static let severities = Severity.allCases.sorted(by: >)

    /// The least of 4, 8, 20, 40, 80, 200 … that holds the highest bar: its quarters are whole numbers.
    private var ceiling: Int {
        let highest = days.map(\.total).max() ?? 0
        var step = 1
        while true {
            for factor in [4, 8, 20] where factor * step >= highest { return factor * step }
            step *= 10
        }
    }

    var slots: Slots {
        [
            "chartWidth": text(Self.width), "chartHeight": text(Self.height), "chartLeft": text(Self.left), "chartTop": text(Self.top),
            "chartRight": text(Self.width), "plotHeight": text(Self.bottom - Self.top), "axisY": text(Self.bottom + 20),
            "chartSummary": summary, "firstDay": days.first?.day ?? "", "lastDay": days.last?.day ?? "",
            "gridLines": gridLines, "bars": days.indices.map(bar),
            "legend": Self.severities.map { severity -> Slots in
                ["keyClass": "severity-\(severity.rawValue)", "keyWord": Wording.severity(severity)]
            },
        ]
    }

    private var summary: String {
        let total = days.reduce(0) { $0 + $1.total }
        guard let worst = days.max(by: { $0.total < $1.total }), worst.total > 0 else { return "No incidents in these days." }
        let all = Wording.count(total, "incident", "incidents")
        return "\(all) in \(days.count) days; most on \(worst.day): \(worst.total)."
    }

    private var gridLines: [Slots] {
        (0...4).map { quarter in
            let y = Self.bottom - (Self.bottom - Self.top) * Double(quarter) / 4
            return [
                "lineY": text(y), "labelX": text(Self.left - 6), "labelY": text(y + 4), "lineLabel": "\(ceiling * quarter / 4)",
            ]
        }
    }

    private func bar(_ index: Int) -> Slots {
        let day = days[index]
        let slot = (Self.width - Self.left) / Double(max(1, days.count))
        var y = Self.bottom
        var parts: [Slots] = []
        for severity in Self.severities {
            let count = day.counts[severity] ?? 0
            guard count > 0 else { continue }
            let height = (Self.bottom - Self.top) * Double(count) / Double(ceiling)
            y -= height
            parts.append(["partClass": "severity-\(severity.rawValue)", "partY": text(y), "partHeight": text(height)])
        }
        return [
            "barX": text(Self.left + slot * Double(index) + slot * 0.15), "barWidth": text(slot * 0.7), "barDay": day.day,
            "barTotal": "\(day.total)", "barText": "\(day.day): \(Wording.count(day.total, "incident", "incidents"))", "parts": parts,
            "cells": Self.severities.map { "\(day.counts[$0] ?? 0)" },
        ]
    }

    /// One decimal is enough for pixels.
    private func text(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}

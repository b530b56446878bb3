package import Models

/// What burns now, and how the month went.
package struct OverviewPage: Sendable {
    package struct Count: Sendable {
        package var status: Incident.Status
        package var severity: Severity
        package var count: Int

        package init(status: Incident.Status, severity: Severity, count: Int) {
            self.status = status
            self.severity = severity
            self.count = count
        }
    }

    package var frame: PageFrame
    package var now: Timestamp
    /// Unresolved incidents by status and severity.
    package var unresolved: [Count]
    /// The worst of them.
    package var burning: [Incident]
    /// The last 30 days.
    package var month: RollupCell
    package var days: [DayChart.Day]

    package init(
        frame: PageFrame, now: Timestamp, unresolved: [Count], burning: [Incident], month: RollupCell, days: [DayChart.Day]
    ) {
        self.frame = frame
        self.now = now
        self.unresolved = unresolved
        self.burning = burning
        self.month = month
        self.days = days
    }

    private var total: Int { unresolved.reduce(0) { $0 + $1.count } }

    private var headline: String {
        let open = unresolved.filter { $0.status == .open }.reduce(0) { $0 + $1.count }
        switch (total, open) {
        case (0, _): return "All quiet"
        case (_, 0): return "\(Wording.count(total, "incident is", "incidents are")) being worked on"
        default: return "\(Wording.count(open, "incident waits", "incidents wait")) for somebody"
        }
    }

    var slots: Slots {
        [
            "headline": headline, "severities": Severity.allCases.sorted(by: >).map(tile), "hasBurning": !burning.isEmpty,
            "burning": burning.map { Pieces.row($0, now: now) }, "hasMore": total > burning.count, "unresolvedTotal": "\(total)",
            "figures": figures, "chart": DayChart(days: days).slots,
        ]
    }

    private func tile(_ severity: Severity) -> Slots {
        let counts = unresolved.filter { $0.severity == severity }
        let all = counts.reduce(0) { $0 + $1.count }
        let acknowledged = counts.filter { $0.status == .acknowledged }.reduce(0) { $0 + $1.count }
        var slots = Pieces.severity(severity)
        slots["severityQuery"] = severity.rawValue
        slots["severityCount"] = "\(all)"
        slots["isZero"] = all == 0
        slots["note"] = all == 0 ? "none" : "\(all - acknowledged) open, \(acknowledged) acknowledged"
        return slots
    }

    private var figures: [Slots] {
        [
            figure("Incidents", "\(month.incidents)", "\(month.resolved) resolved"),
            duration("Mean time to acknowledge", month.timeToAcknowledge),
            duration("Mean time to resolve", month.timeToResolve),
        ]
    }

    private func duration(_ name: String, _ durations: RollupCell.Durations) -> Slots {
        let ninth = durations.histogram.percentile(0.9)
        return figure(
            name, Wording.duration(milliseconds: durations.mean),
            ninth == nil ? "no samples yet" : "90 % within \(Wording.duration(milliseconds: ninth))")
    }

    private func figure(_ name: String, _ value: String, _ note: String) -> Slots {
        ["figureName": name, "figureValue": value, "figureNote": note]
    }
}

extension Views {
    package func overview(_ page: OverviewPage) -> String { self.page(page.frame, .overview, page.slots) }
}

package import Models

/// One alert, or one time that it fired, as pages show it.
package struct AlertItem: Sendable {
    package var name: String
    package var summary: String?
    package var source: String
    package var isFiring: Bool
    package var severity: Severity
    package var startsAt: Timestamp
    package var endsAt: Timestamp?
    package var labels: Labels
    package var annotations: Labels
    package var link: String?
    package var incidentNumber: Int64?
    package var occurrence: Int
    package var repeats: Int64

    package init(
        name: String, summary: String?, source: String, isFiring: Bool, severity: Severity, startsAt: Timestamp, endsAt: Timestamp?,
        labels: Labels, annotations: Labels, link: String?, incidentNumber: Int64?, occurrence: Int, repeats: Int64
    ) {
        self.name = name
        self.summary = summary
        self.source = source
        self.isFiring = isFiring
        self.severity = severity
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.labels = labels
        self.annotations = annotations
        self.link = link
        self.incidentNumber = incidentNumber
        self.occurrence = occurrence
        self.repeats = repeats
    }

    func slots(now: Timestamp) -> Slots {
        let link = Pieces.webAddress(link)
        var slots: Slots = [
            "alertName": name, "hasSummary": summary != nil, "summary": summary ?? "", "source": source,
            "alertState": isFiring ? "Firing" : "Resolved", "alertStateClass": isFiring ? "status-firing" : "status-resolved",
            "began": Pieces.time(startsAt, now: now), "hasEnded": endsAt != nil,
            "lasted": Wording.duration(milliseconds: endsAt.map { Double($0.milliseconds(since: startsAt)) }),
            "labelPairs": Pieces.labels(labels), "annotationPairs": Pieces.labels(annotations), "hasLink": link != nil,
            "link": link ?? "", "hasIncident": incidentNumber != nil, "incidentNumber": incidentNumber.map { "\($0)" } ?? "",
            "hasOccurrence": occurrence > 1, "occurrence": "\(occurrence)", "hasRepeats": repeats > 0, "repeats": "\(repeats)",
        ]
        slots.merge(Pieces.severity(severity)) { first, _ in first }
        return slots
    }
}

/// The alerts of a team.
package struct AlertsPage: Sendable {
    package var frame: PageFrame
    package var now: Timestamp
    /// The chosen status; empty: all.
    package var status: String
    package var alerts: [AlertItem]
    package var total: Int
    package var pager: Pager

    package init(frame: PageFrame, now: Timestamp, status: String, alerts: [AlertItem], total: Int, pager: Pager) {
        self.frame = frame
        self.now = now
        self.status = status
        self.alerts = alerts
        self.total = total
        self.pager = pager
    }

    private static let statuses = [
        Option(value: "", name: "All"), Option(value: "firing", name: "Firing"), Option(value: "resolved", name: "Resolved"),
    ]

    var slots: Slots {
        var slots: Slots = [
            "statusOptions": Self.statuses.map { $0.slots(chosen: status) }, "hasRows": !alerts.isEmpty,
            "found": Wording.count(total, "alert", "alerts"), "alertItems": alerts.map { $0.slots(now: now) },
        ]
        slots.merge(pager.slots) { first, _ in first }
        return slots
    }
}

extension Views {
    package func alerts(_ page: AlertsPage) -> String { self.page(page.frame, .alerts, page.slots) }
}

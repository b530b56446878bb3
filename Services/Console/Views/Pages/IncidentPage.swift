package import Models

/// Who was told of an event, as pages show it.
package struct DeliveryItem: Sendable {
    package var channel: String
    package var channelType: String
    package var kind: String
    /// As in the ledger: `sent`, `in_doubt` …
    package var state: String
    package var attempts: Int
    package var error: String?

    package init(channel: String, channelType: String, kind: String, state: String, attempts: Int, error: String?) {
        self.channel = channel
        self.channelType = channelType
        self.kind = kind
        self.state = state
        self.attempts = attempts
        self.error = error
    }

    private static let states: Set<String> = ["pending", "sending", "sent", "dead", "in_doubt", "suppressed"]

    var slots: Slots {
        [
            "channel": channel, "channelType": channelType, "deliveryKind": kind, "deliveryState": Wording.delivery(state),
            "deliveryClass": Self.states.contains(state) ? "delivery-\(state)" : "",
            "attempts": Wording.count(attempts, "attempt", "attempts"),
            "hasError": error != nil && state != "sent", "deliveryError": error ?? "",
        ]
    }
}

/// One incident: what happened, who was told, what to do.
package struct IncidentPage: Sendable {
    package var frame: PageFrame
    package var now: Timestamp
    package var incident: Incident
    package var alerts: [AlertItem]
    /// In order of sequence; perhaps only the latest.
    package var events: [IncidentEvent]
    package var deliveries: [DeliveryItem]

    package init(
        frame: PageFrame, now: Timestamp, incident: Incident, alerts: [AlertItem], events: [IncidentEvent], deliveries: [DeliveryItem]
    ) {
        self.frame = frame
        self.now = now
        self.incident = incident
        self.alerts = alerts
        self.events = events
        self.deliveries = deliveries
    }

    var slots: Slots {
        var slots: Slots = Pieces.row(incident, now: now)
        let own: Slots = [
            "hasDescription": !incident.description.isEmpty, "incidentDescription": incident.description,
            "hasActions": incident.status != .resolved, "canAcknowledge": incident.status == .open,
            "actionToken": frame.guest?.formToken ?? "", "keyName": frame.guest?.keyName ?? "", "figures": figures,
            "hasLabels": !incident.labels.isEmpty, "labelPairs": Pieces.labels(incident.labels),
            "isCut": (events.first?.sequence ?? 1) > 1, "eventCount": "\(events.count)", "timeline": events.reversed().map(entry),
            "hasDeliveries": !deliveries.isEmpty, "deliveries": deliveries.map(\.slots), "hasAlerts": !alerts.isEmpty,
            "alertItems": alerts.map { $0.slots(now: now) },
        ]
        slots.merge(own) { _, own in own }
        return slots
    }

    private var figures: [Slots] {
        let end = incident.resolvedAt ?? now
        return [
            figure("Opened", Wording.ago(incident.createdAt, now: now), incident.createdAt.forPeople),
            figure(
                incident.status == .resolved ? "Lasted" : "Burning for",
                Wording.duration(milliseconds: Double(end.milliseconds(since: incident.createdAt))),
                incident.resolvedAt.map { "resolved \($0.forPeople)" } ?? "not resolved"),
            figure(
                "With", incident.assigneeID ?? "nobody", incident.ackedAt.map { "acknowledged \($0.forPeople)" } ?? "not acknowledged"),
            figure(
                "Alerts", "\(incident.firingCount) firing",
                "\(incident.alertCount) in all" + (incident.reopenCount > 0 ? ", reopened \(incident.reopenCount)×" : "")),
        ]
    }

    private func figure(_ name: String, _ value: String, _ note: String) -> Slots {
        ["figureName": name, "figureValue": value, "figureNote": note]
    }

    private func entry(_ event: IncidentEvent) -> Slots {
        let change = Wording.change(event)
        return [
            "eventKind": event.kind.rawValue, "eventWord": Wording.event(event), "hasChange": !change.isEmpty, "eventChange": change,
            "eventTime": Pieces.time(event.at, now: now), "actor": Wording.actor(event.actor),
        ]
    }
}

extension Views {
    package func incident(_ page: IncidentPage) -> String { self.page(page.frame, .incident, page.slots) }
}

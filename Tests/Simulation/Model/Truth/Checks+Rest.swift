import Delivery
import Grouping
import Models
import Rollup

/// What must hold when everything has come to rest.
extension World {
    func checkAtRest(groups: [ConsumerGroup]) {
        checkAccepted(groups)
        checkAlerts()
        checkIncidents()
        checkDeliveries()
        checkBeliefs()
        checkFigures(groups)
    }

    /// Records that were promised and are not in the log.
    var lost: Int { ledger.accepted.count { ledger.log[$0] == nil } }

    /// I1, I6
    private func checkAccepted(_ groups: [ConsumerGroup]) {
        if lost > 0 { violate("I1", "\(lost) of \(ledger.accepted.count) accepted signals are not in the log") }
        if store.deadLetters.count != ledger.poison {
            violate("I6", "\(store.deadLetters.count) records put aside, \(ledger.poison) were unfit")
        }
    }

    /// I2: every alert is as its latest occurrence says, whatever order the signals came in.
    private func checkAlerts() {
        var latest: [Alert.ID: Timestamp] = [:]
        var ended: [Alert.ID: Timestamp] = [:]
        var starts: [Alert.ID: Set<Timestamp>] = [:]
        for (serial, value) in ledger.log where serial > 0 {
            guard let signal = try? Signal(decoding: value) else { continue }
            latest[signal.alertID] = max(latest[signal.alertID] ?? signal.startsAt, signal.startsAt)
            starts[signal.alertID, default: []].insert(signal.startsAt)
            if signal.status == .resolved { ended[signal.alertID] = max(ended[signal.alertID] ?? signal.startsAt, signal.startsAt) }
        }
        for id in latest.keys.sorted() {
            guard let alert = store.alerts[id] else {
                violate("I1", "alert \(id.fingerprint) was accepted and is unknown")
                continue
            }
            let expected: Signal.Status = ended[id] == latest[id] ? .resolved : .firing
            if alert.status != expected || alert.startsAt != latest[id] {
                violate("I1", "alert \(id.fingerprint) is \(alert.status) since \(alert.startsAt.rfc3339), told was \(expected)")
            }
            // Nobody refreshed is not the same as ended: what expires may come back under the same start.
            if alert.source != "prometheus", alert.occurrence > starts[id]?.count ?? 0 {
                violate("I2", "alert \(id.fingerprint) has \(alert.occurrence) occurrences, \(starts[id]?.count ?? 0) were told")
            }
        }
    }

    private func checkIncidents() {
        var firing: [IncidentID: Int] = [:]
        for id in store.alertOrder {
            guard let alert = store.alerts[id], alert.status == .firing else { continue }
            guard let incident = alert.incidentID else {
                violate("I2", "alert \(id.fingerprint) fires and belongs to no incident")
                continue
            }
            firing[incident, default: 0] += 1
        }
        for id in store.incidentOrder {
            guard let incident = store.incidents[id] else { continue }
            let count = firing[id] ?? 0
            if incident.firingCount != count {
                violate("I2", "incident #\(incident.number) counts \(incident.firingCount) firing alerts, \(count) are")
            }
            if incident.status != .resolved, count == 0 { violate("I2", "incident #\(incident.number) is open for nothing") }
            if incident.status == .resolved, count > 0, store.events[id]?.last(where: { $0.kind == .resolved })?.actor.kind != .person {
                violate("I2", "incident #\(incident.number) resolved itself while \(count) alerts fire")
            }
        }
    }

    /// I3: a delivery for every event and channel that wants it, and each has come to an end.
    private func checkDeliveries() {
        for id in store.incidentOrder {
            for event in store.events[id] ?? [] where event.kind != .updated {
                for channel in store.channels where wants(channel, event) {
                    let key = DeliveryKey(incident: id, sequence: event.sequence, channel: channel.id, part: 0)
                    if store.deliveryIDs[key] == nil {
                        violate("I3", "\(event.kind) of incident #\(event.incident.number) was never planned for \(channel.route.type)")
                    }
                }
            }
        }
        for id in store.deliveries.keys.sorted() {
            guard let row = store.deliveries[id] else { continue }
            let arrivals = ledger.arrivals[id]?.count ?? 0
            if row.state.isUnfinished { violate("I3", "delivery \(id) is still \(row.state)") }
            if row.state != .sent, row.reason == nil { violate("I3", "delivery \(id) is \(row.state) without a reason") }
            if row.state == .sent, arrivals == 0 { violate("I3", "delivery \(id) counts as sent and never arrived") }
            if row.state == .suppressed, row.attempts == 0, arrivals > 0 { violate("I4", "delivery \(id) was suppressed and told") }
            if row.state != .suppressed, ledger.log[-id] == nil { violate("I3", "nobody published what became of delivery \(id)") }
        }
    }

    private func wants(_ channel: ChannelRow, _ event: IncidentEvent) -> Bool {
        channel.route.teamID == event.incident.teamID && event.incident.severity >= channel.route.minSeverity
    }

    /// What people were told last is how things are, unless a message of the conversation could not be brought.
    private func checkBeliefs() {
        for channel in store.channels {
            for id in store.incidentOrder {
                let rows = (store.conversations[Conversation(id, channel.id)] ?? []).compactMap { store.deliveries[$0] }
                guard let incident = store.incidents[id], !rows.contains(where: { $0.state == .dead || $0.state == .inDoubt }),
                    !rows.contains(where: { $0.reason == SuppressionReason.tooOld.rawValue }),
                    let last = rows.filter({ $0.state == .sent && $0.key.part == 0 }).max(by: { $0.order < $1.order })
                else { continue }
                if (last.event.incident.status == .resolved) != (incident.status == .resolved) {
                    let heard = "\(channel.route.type) heard \(last.event.kind) last"
                    violate("I5", "incident #\(incident.number) is \(incident.status), and \(heard)")
                }
            }
        }
    }

    /// I7
    private func checkFigures(_ groups: [ConsumerGroup]) {
        var measures: [Measure] = []
        for id in store.incidentOrder {
            var measure: Measure?
            for event in store.events[id] ?? [] { measure = Measure(after: event, earlier: measure) }
            if store.measures[id] != measure { violate("I7", "measure of incident \(id) is not what its events say") }
            if let measure { measures.append(measure) }
            for group in groups where group.topic == .incidents {
                let handled = store.progress[ProgressKey(group: group.name, incident: id)]
                if handled != store.events[id]?.last?.sequence {
                    violate("I7", "\(group.name) handled incident \(id) up to \(handled ?? 0)")
                }
            }
        }
        let kept = store.cells.filter { $0.value != RollupCell() }
        if kept != Rollup.recompute(measures) { violate("I7", "the rollup is not what a recomputation gives") }
    }
}

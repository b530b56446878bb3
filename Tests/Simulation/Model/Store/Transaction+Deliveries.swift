import Delivery
import Models

/// The SQL of PlanStore, LeaseStore, OutcomeStore and ChannelHealthStore.
extension Transaction {
    func delivery(_ id: Int) -> DeliveryRow? { writes.deliveries[id] ?? store.deliveries[id] }

    /// The resolutions of incidents that come back are locked before anybody looks at them.
    func lockHolds(of events: [IncidentEvent]) throws {
        let back = Set(events.filter { $0.kind == .reopened }.map(\.incident.id)).sorted()
        for incident in back {
            for channel in store.channels {
                for id in store.conversations[Conversation(incident, channel.id)] ?? [] {
                    guard let row = delivery(id), row.event.kind == .resolved, row.state == .pending, row.attempts == 0 else { continue }
                    try lock(.delivery(id))
                }
            }
        }
    }

    func history(of events: [IncidentEvent]) -> DeliveryHistory {
        var history = DeliveryHistory()
        for incident in Set(events.map(\.incident.id)).sorted() {
            for channel in store.channels {
                let conversation = Conversation(incident, channel.id)
                let rows = (store.conversations[conversation] ?? []).compactMap(delivery)
                    .filter { $0.key.part == 0 && $0.state != .suppressed }
                guard let last = rows.max(by: { $0.key.sequence < $1.key.sequence }) else { continue }
                let isHeld = last.event.kind == .resolved && last.state == .pending && last.attempts == 0 && last.nextAttemptAt > startedAt
                history.told[conversation] = DeliveryHistory.Told(kind: last.event.kind, isHeld: isHeld)
            }
            for event in store.events[incident] ?? [] where event.kind == .reopened {
                history.reopenings[incident, default: [:]][event.sequence] = event.at
            }
        }
        return history
    }

    /// Takes back what waits in the ledger and has been overtaken by the plan.
    func withdraw(_ kind: IncidentEvent.Kind, of conversations: Set<Conversation>, because reason: SuppressionReason) throws {
        for conversation in conversations.sorted() {
            for id in store.conversations[conversation] ?? [] {
                guard let seen = delivery(id), seen.event.kind == kind, seen.state == .pending, seen.attempts == 0 else { continue }
                try lock(.delivery(id))
                guard var row = delivery(id), row.state == .pending, row.attempts == 0 else { continue }
                row.state = .suppressed
                row.reason = reason.rawValue
                writes.deliveries[id] = row
            }
        }
    }

    /// ON CONFLICT DO NOTHING
    func insert(_ planned: [PlannedDelivery], newID: () -> DeliveryID) throws {
        for delivery in planned {
            let key = DeliveryKey(
                incident: delivery.event.incident.id, sequence: delivery.event.sequence, channel: delivery.channelID,
                part: delivery.part.number)
            try lock(.deliveryKey(key))
            guard store.deliveryIDs[key] == nil else { continue }
            var row = DeliveryRow(
                id: store.nextDelivery(), deliveryID: newID(), key: key, type: delivery.channelType, event: delivery.event,
                state: .pending, nextAttemptAt: startedAt)
            switch delivery.state {
            case .pending: break
            case .held(let until): row.nextAttemptAt = max(startedAt, until)
            case .suppressed(let reason):
                row.state = .suppressed
                row.reason = reason.rawValue
            }
            writes.deliveries[row.id] = row
        }
    }

    /// Claims due deliveries: fair, in order within a conversation, one at a time through a channel that has failed.
    func claim(inFlight: [ChannelID: Int], perChannel: Int, total: Int, leaseSeconds: Int) -> [DeliveryRow] {
        var due: [DeliveryRow] = []
        for channel in store.channels where (channel.pausedUntil ?? startedAt) <= startedAt {
            let free = (channel.failures >= ChannelBreaker.threshold ? 1 : perChannel) - (inFlight[channel.id] ?? 0)
            guard free > 0 else { continue }
            due += claimable(channel.id).prefix(free)
        }
        due.sort { ($0.nextAttemptAt, $0.key.sequence, $0.key.part, $0.id) < ($1.nextAttemptAt, $1.key.sequence, $1.key.part, $1.id) }
        return due.prefix(total).map { row in
            var row = row
            row.state = .sending
            row.attempts += 1
            row.fence += 1
            row.leaseUntil = startedAt.adding(seconds: leaseSeconds)
            writes.deliveries[row.id] = row
            return row
        }
    }

    private func claimable(_ channel: ChannelID) -> [DeliveryRow] {
        let rows = (store.unfinished[channel] ?? []).compactMap { store.deliveries[$0] }
        var first: [IncidentID: DeliveryRow] = [:]
        for row in rows {
            if let known = first[row.key.incident], known.order < row.order { continue }
            first[row.key.incident] = row
        }
        let isOrdered = !store.mutants.contains(.claimOrder)
        let due = rows.filter { $0.state == .pending && $0.nextAttemptAt <= startedAt }
        return due.filter { (!isOrdered || first[$0.key.incident]?.id == $0.id) && tryLock(.delivery($0.id)) }
    }

    func expiredLeases(limit: Int) -> [DeliveryRow] {
        var expired: [DeliveryRow] = []
        for channel in store.channels {
            for id in store.unfinished[channel.id] ?? [] {
                guard let row = store.deliveries[id], row.state == .sending, let until = row.leaseUntil, until < startedAt,
                    expired.count < limit, tryLock(.delivery(id))
                else { continue }
                expired.append(row)
            }
        }
        return expired
    }

    /// The row as it is, when the claim with that fence still holds.
    func claimed(_ claim: DeliveryRow) throws -> DeliveryRow? {
        try lock(.delivery(claim.id))
        guard let row = delivery(claim.id), row.state == .sending else { return nil }
        return row.fence == claim.fence || store.mutants.contains(.fence) ? row : nil
    }

    func apply(_ effect: Settlement.ChannelEffect, to channel: ChannelID) throws {
        switch effect {
        case .none, .disable, .change: return
        case .healthy: if (store.channel(channel)?.failures ?? 0) == 0 { return }
        case .failed, .pause: break
        }
        try lock(.channel(channel))
        guard var row = writes.channels[channel] ?? store.channel(channel) else { return }
        switch effect {
        case .none, .disable, .change: return
        case .healthy:
            row.failures = 0
            row.pausedUntil = nil
        case .failed:
            row.failures += 1
            if let seconds = ChannelBreaker.restSeconds(failures: row.failures), (row.pausedUntil ?? startedAt) <= startedAt {
                row.pausedUntil = startedAt.adding(seconds: seconds)
            }
        case .pause(let until, _): row.pausedUntil = max(row.pausedUntil ?? until, until)
        }
        writes.channels[channel] = row
    }
}

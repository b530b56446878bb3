import Kafka
import Models
import ServiceKit

/// The SQL of OffsetAdvance, ProgressStore, DeadLetters and Outbox.
extension Transaction {
    /// - Throws: `fenced`
    func advance(_ step: OffsetAdvance, group: String, topic: LogTopic) throws {
        for one in step.steps {
            let key = OffsetKey(group: group, topic: topic, partition: Int(one.partition.partition))
            try lock(.offset(key))
            if !store.mutants.contains(.offsetCompare), store.offsets[key] != one.expected { throw StoreFault.fenced }
            writes.offsets[key] = StoredOffset(clusterID: step.clusterID, next: one.next)
            writes.advances.append((key, one.expected?.next ?? 0, one.next))
        }
    }

    /// What is new among these events, in sequence; see ProgressStore.
    func unseen(_ events: [IncidentEvent], by group: String) throws -> [IncidentEvent] {
        if store.mutants.contains(.sequence) {
            for event in events { writes.progress[ProgressKey(group: group, incident: event.incident.id)] = event.sequence }
            return events
        }
        let byIncident = EventCatchUp.sorted(events)
        let ids = byIncident.keys.sorted()
        for id in ids { try lock(.progress(ProgressKey(group: group, incident: id))) }
        var fresh: [IncidentEvent] = []
        for id in ids {
            let key = ProgressKey(group: group, incident: id)
            switch EventCatchUp(byIncident[id] ?? [:], after: store.progress[key] ?? 0) {
            case .nothing: continue
            case .complete(let events): fresh += events
            case .read(_, let first, let last): fresh += (store.events[id] ?? []).filter { (first...last).contains($0.sequence) }
            }
            writes.progress[key] = fresh.last?.sequence
        }
        return fresh
    }

    /// Facts go into the outbox in the given order.
    func insertOutbox(_ messages: [LogMessage]) -> [OutboxEntry] {
        let entries = messages.map { OutboxEntry(id: store.nextOutboxID(), message: $0, createdAt: startedAt) }
        writes.outbox += entries
        return entries
    }

    func claimOutbox(limit: Int, graceMilliseconds: Int64) -> [OutboxEntry] {
        let old = startedAt.adding(milliseconds: -graceMilliseconds)
        return Array(store.outbox.lazy.filter { $0.createdAt < old && self.tryLock(.outbox($0.id)) }.prefix(limit))
    }

    func deleteOutbox(_ entries: [OutboxEntry]) throws {
        for entry in entries { try lock(.outbox(entry.id)) }
        writes.outboxDeleted.formUnion(entries.map(\.id))
    }
}

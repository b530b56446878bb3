package import Models

/// Firing alerts as their rows stand, so that repeats of them need neither a read nor a write: a bounded memory that may be lost at any
/// time.
///
/// Other processes may change the same rows (expiry, a partition that the alert moved to). So nothing is believed for longer than
/// `touchSeconds`, by the gateway's clock: a repeat that was received, or that holds, longer than that after what the row says is
/// decided from the row. Within that time the row would give the same answer:
/// - an alert whose row has expired is not claimed before `expires_at + touchSeconds`, and a repeat that is answered here ends before;
/// - an end that another process handled beats a firing for `Alert.lateFiringSeconds`, which is longer than `touchSeconds` may be.
package struct KnownAlerts: Sendable {
    /// The longest time that a row may lag behind its repeats.
    package static let maxTouchSeconds = 60
    /// Bytes that an alert takes, about: its entry, two places in the tables, and a fingerprint of ordinary length.
    package static let bytesOfAlert = 320
    /// How many entries are looked at for one that may go, before a new one is turned away instead.
    private static let evictionSteps = 32

    private struct Entry: Sendable {
        var id: Alert.ID
        var content: UInt64
        var startsAt: Timestamp
        var seenAt: Timestamp
        var expiresAt: Timestamp?
        var touch: AlertTouch?
        var wasUsed = false
    }

    package let limit: Int
    package let touchSeconds: Int
    private var entries: [Entry] = []
    private var byContent: [UInt64: Int] = [:]
    private var byAlert: [Alert.ID: Int] = [:]
    private var hand = 0
    /// Alerts with a touch, the oldest first; some may have lost it meanwhile.
    private var waiting: [Alert.ID] = []
    /// Touches of alerts that are no longer remembered.
    private var orphans: [AlertTouch] = []

    /// - Parameters:
    ///   - limit: the most alerts; 0 remembers none.
    ///   - touchSeconds: how long repeats may wait for their row, 0 to `maxTouchSeconds`; 0 remembers none.
    package init(limit: Int, touchSeconds: Int) {
        self.limit = touchSeconds > 0 ? limit : 0
        self.touchSeconds = min(max(0, touchSeconds), Self.maxTouchSeconds)
    }

    package var count: Int { byAlert.count }

    /// The alert that this record repeats, when its row need not be asked.
    package func alert(repeatedBy glance: SignalGlance, now: Timestamp) -> Alert.ID? {
        guard let slot = byContent[glance.content] else { return nil }
        let entry = entries[slot]
        guard glance.receivedAt <= entry.seenAt.adding(seconds: touchSeconds) else { return nil }
        switch (glance.expiresAt, entry.expiresAt) {
        case (nil, nil): return entry.id
        case (let told?, let known?): return told > now && told <= known.adding(seconds: touchSeconds) ? entry.id : nil
        default: return nil
        }
    }

    /// Counts a repeat that was answered from here and is committed.
    package mutating func note(_ glance: SignalGlance, now: Timestamp) {
        guard let slot = byContent[glance.content] else { return }
        let entry = entries[slot]
        let touch = AlertTouch(
            id: entry.id, startsAt: entry.startsAt, repeats: 1, lastSeenAt: glance.receivedAt, expiresAt: glance.expiresAt, since: now)
        entries[slot].wasUsed = true
        add(touch, to: slot)
    }

    /// Learns how the row of an alert stands after a commit.
    /// - Parameters:
    ///   - signal: the last one that the alert took.
    ///   - content: the digest of its record; nil when there is none.
    package mutating func learn(_ alert: Alert, from signal: Signal, content: UInt64?) {
        guard let content, alert.isOnlyTouched(by: signal) else { return forget(alert.id) }
        var entry = Entry(id: alert.id, content: content, startsAt: alert.startsAt, seenAt: alert.lastSeenAt, expiresAt: alert.expiresAt)
        if let slot = byAlert[alert.id] {
            entry.touch = entries[slot].touch
            byContent[entries[slot].content] = nil
            put(entry, at: slot)
        } else if let slot = freeSlot() {
            put(entry, at: slot)
        }
    }

    package mutating func forget(_ id: Alert.ID) {
        guard let slot = byAlert.removeValue(forKey: id) else { return }
        byContent[entries[slot].content] = nil
        if let touch = entries[slot].touch { orphans.append(touch) }
        entries[slot].touch = nil
    }

    /// After the partitions have moved, or another process was here. What is to be written stays.
    package mutating func forgetAll() {
        orphans += entries.indices.compactMap { byAlert[entries[$0].id] == $0 ? entries[$0].touch : nil }
        (entries, byContent, byAlert, waiting, hand) = ([], [:], [:], [], 0)
    }
}

// MARK: - What is to be written

extension KnownAlerts {
    /// The touches of these alerts, for a transaction that writes them. `giveBack` them if it does not.
    package mutating func takeTouches(of ids: [Alert.ID]) -> [AlertTouch] {
        ids.compactMap { id in
            guard let slot = byAlert[id] else { return nil }
            defer { entries[slot].touch = nil }
            return entries[slot].touch
        }
    }

    /// Touches that have waited since `before`, the oldest first, and those of alerts no longer remembered.
    package mutating func takeDue(before: Timestamp, limit: Int) -> [AlertTouch] {
        var due = Array(orphans.prefix(limit))
        orphans.removeFirst(due.count)
        var looked = 0
        for id in waiting where due.count < limit {
            guard let slot = byAlert[id], let touch = entries[slot].touch else {
                looked += 1
                continue
            }
            guard touch.since <= before else { break }
            looked += 1
            entries[slot].touch = nil
            due.append(touch)
        }
        waiting.removeFirst(looked)
        return due
    }

    package mutating func giveBack(_ touches: [AlertTouch]) {
        for touch in touches {
            if let slot = byAlert[touch.id] { add(touch, to: slot) } else { orphans.append(touch) }
        }
    }

    /// The row now tells of the touch.
    package mutating func written(_ touch: AlertTouch) {
        guard let slot = byAlert[touch.id], entries[slot].startsAt == touch.startsAt else { return }
        if touch.lastSeenAt >= entries[slot].seenAt { entries[slot].expiresAt = touch.expiresAt }
        entries[slot].seenAt = max(entries[slot].seenAt, touch.lastSeenAt)
    }

    private mutating func add(_ touch: AlertTouch, to slot: Int) {
        if entries[slot].touch == nil {
            entries[slot].touch = touch
            waiting.append(touch.id)
        } else {
            entries[slot].touch?.merge(touch)
        }
    }
}

// MARK: - Bounds

extension KnownAlerts {
    private mutating func put(_ entry: Entry, at slot: Int) {
        // Another alert with this digest: the later one is remembered.
        if let other = byContent[entry.content], other != slot { forget(entries[other].id) }
        entries[slot] = entry
        byContent[entry.content] = slot
        byAlert[entry.id] = slot
    }

    /// A place for one more, where need be of an alert that was not repeated for a round; nil when all looked at are in use.
    private mutating func freeSlot() -> Int? {
        guard limit > 0 else { return nil }
        if entries.count < limit {
            entries.append(KnownAlerts.vacant)
            return entries.count - 1
        }
        for _ in 0..<Self.evictionSteps {
            let slot = hand
            hand = (hand + 1) % entries.count
            guard byAlert[entries[slot].id] == slot else { return slot }
            if !entries[slot].wasUsed, entries[slot].touch == nil {
                forget(entries[slot].id)
                return slot
            }
            entries[slot].wasUsed = false
        }
        return nil
    }

    private static let vacant = Entry(
        id: Alert.ID(teamID: .random(), fingerprint: Fingerprint("")), content: 0, startsAt: Timestamp(microseconds: 0),
        seenAt: Timestamp(microseconds: 0))
}

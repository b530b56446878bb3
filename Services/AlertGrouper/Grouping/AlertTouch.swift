package import Models

/// Repeats of an alert that are committed but not yet written into its row.
package struct AlertTouch: Sendable, Hashable {
    package let id: Alert.ID
    /// Start of the occurrence that they repeat.
    package let startsAt: Timestamp
    package var repeats: Int64
    package var lastSeenAt: Timestamp
    package var expiresAt: Timestamp?
    /// When the first of them was handled.
    package var since: Timestamp

    package init(id: Alert.ID, startsAt: Timestamp, repeats: Int64, lastSeenAt: Timestamp, expiresAt: Timestamp?, since: Timestamp) {
        self.id = id
        self.startsAt = startsAt
        self.repeats = repeats
        self.lastSeenAt = lastSeenAt
        self.expiresAt = expiresAt
        self.since = since
    }

    /// Adds later ones, or those given back.
    mutating func merge(_ other: AlertTouch) {
        repeats += other.repeats
        if other.lastSeenAt >= lastSeenAt { expiresAt = other.expiresAt }
        lastSeenAt = max(lastSeenAt, other.lastSeenAt)
        since = min(since, other.since)
    }
}

extension Alert {
    /// The alert with repeats that its row does not tell of yet; unchanged when it is over or has begun anew since.
    package func touched(by touch: AlertTouch) -> Alert {
        guard status == .firing, touch.startsAt <= startsAt else { return self }
        var alert = self
        alert.repeats += touch.repeats
        if touch.lastSeenAt >= lastSeenAt { alert.expiresAt = touch.expiresAt }
        alert.lastSeenAt = max(lastSeenAt, touch.lastSeenAt)
        return alert
    }

    /// Whether the same signal again would change nothing but what a touch tells.
    func isOnlyTouched(by signal: Signal) -> Bool {
        guard status == .firing, signal.status == .firing, signal.startsAt <= startsAt else { return false }
        var after = self
        guard after.take(signal) == .repeat else { return false }
        after.repeats = repeats
        after.lastSeenAt = lastSeenAt
        after.expiresAt = expiresAt
        return after == self
    }
}

import Models

/// What a signal meant for its alert. Also the label of the signals metric.
package enum SignalOutcome: String, Sendable, Hashable, CaseIterable {
    /// The alert began to fire.
    case new
    /// Said again what was known.
    case `repeat`
    /// Came too late: a newer occurrence, or the end of this one, is known already.
    case stale
    /// The alert ended, or ended before anybody had seen it fire.
    case resolved
}

/// What one alert makes of one signal. An occurrence is named by its start. Whatever the order in which the signals of some occurrences
/// arrive, and however often, the alert ends up the same: the occurrence with the latest start decides, and its end beats its firing.
///
/// With one exception, also free of order: a sender that says "firing" more than ``lateFiringSeconds`` after the gateway received the
/// end of that very occurrence does not repeat an old message, it sees the alert firing (an Alertmanager does so when Prometheus was
/// away for longer than its resolve time-out). Both times are the gateway's own, so senders' clocks do not matter.
extension Alert {
    /// How long after the end of an occurrence a copy of its firing may still arrive.
    package static let lateFiringSeconds = 300

    /// An alert that nobody had heard of.
    init(first signal: Signal, now: Timestamp) {
        self.init(
            id: signal.alertID, source: signal.source, status: signal.status, severity: signal.severity, startsAt: signal.startsAt,
            endsAt: nil, expiresAt: signal.expiresAt, labels: signal.labels, annotations: signal.annotations,
            generatorURL: signal.generatorURL, groupingKey: signal.groupingKey, incidentID: nil, occurrence: 1, repeats: 0,
            lastSeenAt: signal.receivedAt, resolveSeenAt: nil, createdAt: now, updatedAt: now)
        if signal.status == .resolved { end(by: signal) }
    }

    mutating func take(_ signal: Signal) -> SignalOutcome {
        switch (status, signal.status) {
        case (.firing, .firing): takeFiringAgain(signal)
        case (.firing, .resolved): takeEnd(signal)
        case (.resolved, .firing): takeFiringAfterEnd(signal)
        case (.resolved, .resolved): takeEndAgain(signal)
        }
    }

    /// A later start is adopted without a new occurrence: the end in between is still on its way, or was never told.
    private mutating func takeFiringAgain(_ signal: Signal) -> SignalOutcome {
        if signal.startsAt > startsAt {
            startsAt = signal.startsAt
            resolveSeenAt = nil
        }
        repeats += 1
        if signal.receivedAt >= lastSeenAt {
            refresh(from: signal)
            expiresAt = signal.expiresAt
        }
        lastSeenAt = max(lastSeenAt, signal.receivedAt)
        return .repeat
    }

    private mutating func takeEnd(_ signal: Signal) -> SignalOutcome {
        // An earlier start with an end inside this occurrence is the same one: Alertmanager moves a start back when it merges alerts.
        if signal.startsAt < startsAt, (signal.endsAt ?? startsAt) <= startsAt, !isBareEnd(signal) { return .stale }
        if signal.startsAt <= startsAt, isFiringLong(after: signal.receivedAt) {
            resolveSeenAt = max(resolveSeenAt ?? signal.receivedAt, signal.receivedAt)
            return .stale
        }
        end(by: signal)
        return .resolved
    }

    /// An end without a start of its own, at most a second before ours: somebody said "it ended now" with a clock of whole seconds
    /// (`amtool alert add --end`; Alertmanager then sends the end as the start, too).
    private func isBareEnd(_ signal: Signal) -> Bool {
        guard let endsAt = signal.endsAt, endsAt == signal.startsAt else { return false }
        return endsAt > startsAt.adding(seconds: -1)
    }

    private mutating func takeFiringAfterEnd(_ signal: Signal) -> SignalOutcome {
        guard signal.startsAt > startsAt || contradictsEnd(signal) else { return .stale }
        fireAnew(signal)
        return .new
    }

    /// The next occurrence begins.
    mutating func fireAnew(_ signal: Signal) {
        if signal.startsAt > startsAt { resolveSeenAt = nil }
        startsAt = max(startsAt, signal.startsAt)
        status = .firing
        endsAt = nil
        expiresAt = signal.expiresAt
        occurrence += 1
        lastSeenAt = max(lastSeenAt, signal.receivedAt)
        groupingKey = signal.groupingKey
        refresh(from: signal)
    }

    /// A known end is remembered once more; the end of an occurrence that was never seen firing is remembered too, so that its firing,
    /// when it arrives late, is dropped.
    private mutating func takeEndAgain(_ signal: Signal) -> SignalOutcome {
        if signal.startsAt > startsAt {
            occurrence += 1
            end(by: signal)
            return .resolved
        }
        guard signal.startsAt == startsAt else { return .stale }
        repeats += 1
        resolveSeenAt = max(resolveSeenAt ?? signal.receivedAt, signal.receivedAt)
        expiresAt = nil
        return .repeat
    }

    /// Whether a firing of an occurrence that has ended shows that it has not.
    private func contradictsEnd(_ signal: Signal) -> Bool {
        if let resolveSeenAt {
            return signal.startsAt == startsAt && signal.receivedAt > resolveSeenAt.adding(seconds: Alert.lateFiringSeconds)
        }
        // Nobody said that it ended, it was only not refreshed in time: a refresh that reaches further proves it alive.
        guard expiresAt != nil, let endsAt, signal.startsAt >= startsAt else { return false }
        return signal.expiresAt.map { $0 > endsAt } ?? true
    }

    private func isFiringLong(after end: Timestamp) -> Bool { lastSeenAt > end.adding(seconds: Alert.lateFiringSeconds) }

    private mutating func end(by signal: Signal) {
        if signal.startsAt > startsAt { resolveSeenAt = nil }
        startsAt = max(startsAt, signal.startsAt)
        resolveSeenAt = max(resolveSeenAt ?? signal.receivedAt, signal.receivedAt)
        expiresAt = nil
        status = .resolved
        endsAt = max(signal.endsAt ?? signal.receivedAt, startsAt)
        refresh(from: signal)
    }

    /// Nobody refreshed it in time: it counts as resolved at its expiry.
    mutating func expire() {
        status = .resolved
        endsAt = max(expiresAt ?? startsAt, startsAt)
        resolveSeenAt = nil
    }

    private mutating func refresh(from signal: Signal) {
        source = signal.source
        severity = signal.severity
        labels = signal.labels
        if !signal.annotations.isEmpty { annotations = signal.annotations }
        generatorURL = signal.generatorURL ?? generatorURL
    }
}

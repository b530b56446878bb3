package import Models

/// When an alert began, and when it ended or will count as ended.
package struct AlertTimes: Sendable, Hashable {
    package let startsAt: Timestamp
    /// Set when it ended: the alert is resolved.
    package let endsAt: Timestamp?
    /// Set when it fires and counts as resolved from then on.
    package let expiresAt: Timestamp?

    /// - Parameter path: of the alert, for naming the field at fault.
    /// - Throws: a 422 for an end before the beginning, a time before 1970, or one more than a day ahead of our clock.
    static func firing(
        since startsAt: Timestamp, until expiresAt: Timestamp? = nil, at path: String, now: Timestamp
    ) throws(SourceRefusal) -> AlertTimes {
        try check(startsAt, "startsAt", of: path, now: now)
        try checkOrder(startsAt, expiresAt, at: path)
        return AlertTimes(startsAt: startsAt, endsAt: nil, expiresAt: expiresAt)
    }

    /// The same for an alert that is over.
    static func resolved(
        from startsAt: Timestamp, to endsAt: Timestamp, at path: String, now: Timestamp
    ) throws(SourceRefusal) -> AlertTimes {
        try check(startsAt, "startsAt", of: path, now: now)
        try check(endsAt, "endsAt", of: path, now: now)
        try checkOrder(startsAt, endsAt, at: path)
        return AlertTimes(startsAt: startsAt, endsAt: endsAt, expiresAt: nil)
    }

    static func checkOrder(_ startsAt: Timestamp, _ endsAt: Timestamp?, at path: String) throws(SourceRefusal) {
        guard let endsAt, endsAt < startsAt else { return }
        throw .contradiction(path.field("endsAt"), "endsAt lies before startsAt. An alert cannot end before it begins.")
    }

    private static func check(_ time: Timestamp, _ key: String, of path: String, now: Timestamp) throws(SourceRefusal) {
        guard time >= Timestamp(seconds: 0) else {
            throw .contradiction(path.field(key), "\(key) lies before 1970. Send the time the alert began and ended.")
        }
        guard time <= now.adding(seconds: IngestLimits.clockSkewSeconds) else {
            throw .contradiction(path.field(key), "\(key) lies more than a day in the future. Check the sender's clock.")
        }
    }
}

extension Timestamp {
    /// Go writes a time that was never set as 0001-01-01T00:00:00Z, and Alertmanager sends it as `endsAt` of every firing alert.
    var isGoZeroTime: Bool { self < Timestamp(seconds: -62_104_060_800) }
}

extension String {
    /// The path of a member of the object at this path.
    func field(_ key: String) -> String { isEmpty ? key : "\(self).\(key)" }
}

import Models

/// The time that is looked at: from, inclusive, to, exclusive.
struct VerifyWindow: Sendable, Hashable {
    let from: Timestamp
    let to: Timestamp

    init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }

    func contains(_ time: Timestamp) -> Bool { from <= time && time < to }

    /// - Parameters:
    ///   - since: how far back from now, unless `from` is given.
    ///   - graceSeconds: what is younger is still on its way and not looked at.
    /// - Throws: exit code 64 with the reason.
    init(since: TimeSpan, from: Timestamp?, to: Timestamp?, graceSeconds: Int, now: Timestamp) throws {
        if let from, from > now { throw OperatorFailure.usage("--from \(from.rfc3339) is in the future: it is \(now.rfc3339)") }
        if let to, to > now { throw OperatorFailure.usage("--to \(to.rfc3339) is in the future: it is \(now.rfc3339)") }
        if let from, let to, from >= to { throw OperatorFailure.usage("--from \(from.rfc3339) is not before --to \(to.rfc3339)") }
        let latest = now.adding(seconds: -graceSeconds)
        let end = min(to ?? latest, latest)
        let start = from ?? (to ?? now).adding(seconds: -since.seconds)
        guard start < end else {
            throw OperatorFailure.usage(
                "nothing to look at: the time begins at \(start.rfc3339), and what is younger than --grace \(graceSeconds)s is left out")
        }
        self.init(from: start, to: end)
    }
}

/// An RFC 3339 time on the command line.
struct TimeText: Sendable, Hashable {
    let time: Timestamp
}

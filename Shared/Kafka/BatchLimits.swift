/// When a batch is complete.
struct BatchLimits: Sendable {
    var maxRecords: Int
    var maxBytes: Int
    /// Since the first record.
    var maxWaitMilliseconds: Int
    /// Without any record.
    var idleDeadline: ContinuousClock.Instant
}

/// A batch in the making.
struct BatchCollector {
    let limits: BatchLimits
    private(set) var records: [IncomingRecord] = []
    private var bytes = 0
    private var firstAt: ContinuousClock.Instant?

    init(_ limits: BatchLimits) { self.limits = limits }

    mutating func add(_ record: IncomingRecord, at now: ContinuousClock.Instant) {
        if firstAt == nil { firstAt = now }
        records.append(record)
        bytes += record.size
    }

    mutating func discard() { self = BatchCollector(limits) }

    var isFull: Bool { records.count >= limits.maxRecords || bytes >= limits.maxBytes }

    /// How long the next poll may wait; nil once time is over. Zero with a `maxWaitMilliseconds` of zero: take what is there.
    func patienceMilliseconds(at now: ContinuousClock.Instant) -> Int? {
        guard let firstAt else {
            let left = Milliseconds.from(now, to: limits.idleDeadline)
            return left > 0 ? left : nil
        }
        if limits.maxWaitMilliseconds <= 0 { return 0 }
        let left = Milliseconds.from(now, to: firstAt.advanced(by: .milliseconds(limits.maxWaitMilliseconds)))
        return left > 0 ? left : nil
    }
}

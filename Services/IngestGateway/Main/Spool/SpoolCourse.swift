import Models
import Store

/// Where accepted alerts go: to the broker, or to the spool while it is away. Pure: the shell reports what happened, and asks.
///
/// An alert must not overtake one that was accepted before it. So a request goes straight to the broker only while nothing waits in
/// the spool and no request is on its way into it.
struct SpoolCourse: Sendable {
    enum Mode: String, Sendable, CaseIterable {
        /// The broker acknowledges and the spool is empty. To `spooling` when a publish fails.
        case direct
        /// The broker does not acknowledge: requests go to the spool without trying it. To `draining` once it has acknowledged again.
        case spooling
        /// The broker takes what waited, oldest first; requests go behind it. To `closing` when little is left, or back to `spooling`.
        case draining
        /// The last of it is on its way: requests wait for that moment, or a busy gateway would never see the spool empty.
        /// To `direct`, to `draining` when it takes too long, or to `spooling`.
        case closing
    }

    enum Way: Sendable, Hashable {
        case publish
        /// `stored` or `storeFailed` must follow, with the same estimate.
        case store(estimate: Int)
        /// Ask again when the mode has changed.
        case wait
        case refuse(SpoolRefusal)
    }

    /// Once full, it takes nothing more until so much of it (in percent) is free again.
    private static let freePercent = 20
    /// Bytes of alerts that wait in memory for the commit before theirs.
    private static let storingBytesLimit = 64 << 20

    private(set) var mode: Mode
    private(set) var contents: SpoolContents
    private(set) var isFull = false
    /// The disk does not take what we write.
    private(set) var trouble: SpoolFailure.Cause?
    /// Requests on their way into the file.
    private(set) var storingRequests = 0
    private var storingBytes = 0
    /// nil: there is no spool.
    private let limits: SpoolLimits?

    /// - Parameter contents: what an earlier process left; it goes first.
    init(limits: SpoolLimits?, contents: SpoolContents = SpoolContents(), trouble: SpoolFailure.Cause? = nil) {
        self.limits = limits
        self.contents = contents
        self.trouble = trouble
        mode = contents.records > 0 ? .spooling : .direct
    }

    // MARK: Requests

    /// Which way a request's alerts go.
    mutating func way(records: Int, bytes: Int, policy: BrokerAwayPolicy, now: Timestamp) -> Way {
        switch mode {
        case .direct: .publish
        case .spooling, .draining: admit(records: records, bytes: bytes, policy: policy, now: now)
        case .closing: .wait
        }
    }

    /// The broker did not acknowledge a request that was published directly.
    mutating func publishFailed(records: Int, bytes: Int, policy: BrokerAwayPolicy, now: Timestamp) -> Way {
        if mode == .direct { mode = .spooling }
        return admit(records: records, bytes: bytes, policy: policy, now: now)
    }

    mutating func stored(estimate: Int, contents: SpoolContents) {
        settle(estimate)
        adopt(contents)
    }

    mutating func storeFailed(estimate: Int, _ cause: SpoolFailure.Cause) {
        settle(estimate)
        fail(cause)
    }

    /// Why nothing can be spooled just now; nil: it can.
    func obstacle(now: Timestamp) -> SpoolRefusal? {
        guard let limits else { return .unwanted }
        if let trouble { return .failed(trouble) }
        if contents.oldestSeconds(now: now) > Double(limits.maxAgeSeconds) { return .tooOld }
        return isFull ? .full : nil
    }

    private mutating func admit(records: Int, bytes: Int, policy: BrokerAwayPolicy, now: Timestamp) -> Way {
        guard let limits, policy == .spool else { return .refuse(.unwanted) }
        if let obstacle = obstacle(now: now) { return .refuse(obstacle) }
        let estimate = limits.estimate(records: records, bytes: bytes)
        // Larger than it ever takes at once: no reason to turn the others away.
        guard estimate <= limits.transactionBytes else { return .refuse(.full) }
        guard contents.usedBytes + storingBytes + estimate <= limits.databaseBytes else {
            isFull = true
            return .refuse(.full)
        }
        guard storingBytes + estimate <= Self.storingBytesLimit else { return .refuse(.busy) }
        storingRequests += 1
        storingBytes += estimate
        return .store(estimate: estimate)
    }

    private mutating func settle(_ estimate: Int) {
        storingRequests -= 1
        storingBytes -= estimate
    }

    // MARK: Draining

    /// The next batch is about to go.
    /// - Parameter batch: how many alerts go at once.
    mutating func drainBegins(batch: Int) {
        if mode == .draining, contents.records <= batch { mode = .closing }
    }

    /// Alerts were acknowledged and taken out.
    mutating func drained(_ contents: SpoolContents) {
        adopt(contents)
        if mode == .spooling { mode = .draining }
        guard isFull, let limits else { return }
        isFull = contents.usedBytes > limits.databaseBytes / 100 * (100 - Self.freePercent)
    }

    mutating func drainFailed() { if mode != .direct { mode = .spooling } }

    /// Requests have waited long enough for the end.
    mutating func stopClosing() { if mode == .closing { mode = .draining } }

    /// - Returns: true when nothing waits any more: requests go straight to the broker from now on.
    mutating func finish() -> Bool {
        guard contents.records == 0, storingRequests == 0 else { return false }
        mode = .direct
        return true
    }

    // MARK: The disk

    mutating func fail(_ cause: SpoolFailure.Cause) { trouble = cause }

    /// The disk takes what we write again.
    mutating func healed(_ contents: SpoolContents) {
        trouble = nil
        adopt(contents)
        if mode == .direct, self.contents.records > 0 { mode = .spooling }
    }

    /// An empty file was made smaller.
    mutating func shrunk(_ contents: SpoolContents) { adopt(contents) }

    private mutating func adopt(_ contents: SpoolContents) {
        if contents.revision >= self.contents.revision { self.contents = contents }
    }
}

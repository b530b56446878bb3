import Logging
import Metrics
import Models
import ServiceKit
import Store
import Synchronization

/// The spool of this gateway, if it has one, and the way that requests take: the shell of ``SpoolCourse``.
final class Spool: Sendable {
    private struct State: Sendable {
        var course: SpoolCourse
        /// Requests that wait for the end of `closing`.
        var waiters: [CheckedContinuation<Void, Never>] = []
        var closingSince: ContinuousClock.Instant?
        /// What the log was told last.
        var toldObstacle: SpoolRefusal?
        /// Somebody waits for these, until their deadline.
        var tickets: [ObjectIdentifier: StoreTicket] = [:]
    }

    /// How long requests wait for the last of the spool to go out.
    private static let closingMilliseconds = 1000

    let limits: SpoolLimits?
    /// nil: the gateway has none.
    let store: SpoolStore?
    /// Told when there is something to drain.
    let wakeup = Wakeup()
    let metrics = SpoolMetrics()
    let clock: @Sendable () -> Timestamp
    let logger: Logger
    private let state: Mutex<State>

    init(
        store: SpoolStore?, limits: SpoolLimits?, contents: SpoolContents = SpoolContents(), trouble: SpoolFailure.Cause? = nil,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.store = store
        self.limits = store == nil ? nil : limits
        self.clock = clock
        self.logger = logger
        state = Mutex(State(course: SpoolCourse(limits: self.limits, contents: contents, trouble: trouble)))
        metrics.show(course, limits: self.limits, now: clock())
    }

    var course: SpoolCourse { state.withLock { $0.course } }

    /// Requests that wait for the end of `closing`.
    var waitingRequests: Int { state.withLock { $0.waiters.count } }

    // MARK: Requests

    func way(_ facts: [Fact], policy: BrokerAwayPolicy) -> SpoolCourse.Way {
        let now = clock()
        let bytes = facts.reduce(0) { $0 + $1.spoolBytes }
        return change { $0.way(records: facts.count, bytes: bytes, policy: policy, now: now) }
    }

    /// The broker did not acknowledge these.
    func publishFailed(_ facts: [Fact], policy: BrokerAwayPolicy, reason: String) -> SpoolCourse.Way {
        let now = clock()
        let bytes = facts.reduce(0) { $0 + $1.spoolBytes }
        let way = change(reason) { $0.publishFailed(records: facts.count, bytes: bytes, policy: policy, now: now) }
        wakeup.wake()
        return way
    }

    /// Returns when the alerts are on the disk. A request that is refused here may still have been stored: its sender sends it again,
    /// and the second copy has the same id.
    func store(_ facts: [Fact], estimate: Int, deadline: ContinuousClock.Instant) async throws(GatewayRefusal) {
        guard let store else { throw GatewayRefusal(.unwanted) }
        let ticket = store.store(facts, deadline: deadline) { [self] result in settled(facts.count, estimate, result) }
        state.withLock { $0.tickets[ObjectIdentifier(ticket)] = ticket }
        defer { _ = state.withLock { $0.tickets.removeValue(forKey: ObjectIdentifier(ticket)) } }
        do { try await ticket.result().get() } catch {
            change { if error.cause == .timeout { $0.fail(.timeout) } }
            throw GatewayRefusal(.failed(error.cause))
        }
        CrashPoint.spoolStored.reach()
    }

    private func settled(_ records: Int, _ estimate: Int, _ result: Result<SpoolContents, SpoolFailure>) {
        switch result {
        case .success(let contents):
            metrics.stored.increment(by: records)
            change { $0.stored(estimate: estimate, contents: contents) }
        case .failure(let failure):
            metrics.failed(failure.cause)
            change(failure.description) { $0.storeFailed(estimate: estimate, failure.cause) }
        }
        wakeup.wake()
    }

    /// Waits while the last of the spool is on its way.
    func waitForChange() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.course.mode == .closing else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    // MARK: Watching

    /// What has to be noticed without a request: deadlines, and the age of what waits.
    func tick(now: ContinuousClock.Instant = .now) {
        let (tickets, isSlow) = state.withLock { state in
            let tickets = Array(state.tickets.values)
            let isSlow = state.closingSince.map { $0.duration(to: now) >= .milliseconds(Self.closingMilliseconds) } ?? false
            return (tickets, isSlow)
        }
        let expired = tickets.filter { $0.expire(at: now) }
        if !expired.isEmpty { metrics.failed(.timeout) }
        change { course in
            if isSlow { course.stopClosing() }
        }
    }

    /// For `/ready`: whether requests get 200, as far as the spool is concerned.
    var health: HealthStatus {
        let course = course
        let now = clock()
        guard limits != nil else { return course.mode == .direct ? .ok("off") : .failed("off, while the broker does not acknowledge") }
        let obstacle = course.obstacle(now: now)
        let waiting =
            course.contents.records > 0
            ? "\(course.contents.records) alerts wait, the oldest for \(Int(course.contents.oldestSeconds(now: now))) s" : ""
        guard let obstacle else { return .ok(waiting) }
        return course.mode == .direct ? .ok("cannot store: \(obstacle.words)") : .failed("\(obstacle.words); \(waiting)")
    }

    // MARK: Changes

    /// Every change of the course goes through here: the log hears of changed modes and of obstacles once, gauges follow, and those who
    /// wait are let on.
    /// - Parameter reason: for the log, should the mode change.
    @discardableResult
    func change<Result: Sendable>(_ reason: String? = nil, _ body: (inout SpoolCourse) -> Result) -> Result {
        let now = clock()
        let (result, before, course, told, waiters) = state.withLock { state in
            let before = state.course.mode
            let result = body(&state.course)
            let mode = state.course.mode
            if mode != before { state.closingSince = mode == .closing ? .now : nil }
            let waiters = mode == .closing ? [] : state.waiters
            if mode != .closing { state.waiters = [] }
            let told = state.toldObstacle
            state.toldObstacle = state.course.obstacle(now: now)
            return (result, before, state.course, told, waiters)
        }
        waiters.forEach { $0.resume() }
        tell(before, course, reason)
        if limits != nil { tell(told, course.obstacle(now: now), course, reason) }
        return result
    }

    private func tell(_ before: SpoolCourse.Mode, _ course: SpoolCourse, _ reason: String?) {
        guard course.mode != before else { return }
        metrics.show(course, limits: limits, now: clock())
        var metadata: Logger.Metadata = ["spool.records": "\(course.contents.records)"]
        if let reason { metadata["error"] = "\(reason)" }
        switch (before, course.mode) {
        case (.direct, _) where limits == nil:
            logger.warning("alerts cannot be published, senders are told to come back", metadata: metadata)
        case (.direct, _):
            logger.warning("alerts cannot be published, they go to the spool", metadata: metadata)
        case (.draining, .spooling), (.closing, .spooling):
            logger.warning("the broker is away again, the spool waits", metadata: metadata)
        case (.spooling, .draining):
            logger.notice("the broker is back, the spool is drained", metadata: metadata)
        case (_, .direct):
            logger.notice("alerts are published directly again")
        default: break
        }
    }

    private func tell(_ before: SpoolRefusal?, _ now: SpoolRefusal?, _ course: SpoolCourse, _ reason: String?) {
        guard before != now else { return }
        metrics.show(course, limits: limits, now: clock())
        var metadata: Logger.Metadata = [
            "spool.records": "\(course.contents.records)", "spool.bytes": "\(course.contents.usedBytes)",
        ]
        if let reason { metadata["error"] = "\(reason)" }
        if let now {
            logger.error("the spool takes no alerts: \(now.words)", metadata: metadata)
        } else {
            logger.notice("the spool takes alerts again", metadata: metadata)
        }
    }
}

extension SpoolRefusal {
    /// For people.
    var words: String {
        switch self {
        case .unwanted: "off"
        case .full: "full"
        case .tooOld: "the oldest alert has waited too long"
        case .busy: "busy"
        case .failed(let cause): "the disk fails (\(cause.rawValue))"
        }
    }
}

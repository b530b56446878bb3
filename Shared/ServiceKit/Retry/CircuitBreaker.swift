package import Models

/// Keeps callers away from something that fails: after `threshold` failures in a row it opens for `cooldownSeconds`, then lets one
/// trial through. A failed trial doubles the cooldown up to the cap; a success closes it and forgets. Pure: `now` is an argument.
package struct CircuitBreaker: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Everything passes; goes to `open` on too many failures in a row.
        case closed
        /// Nothing passes before that time; then `halfOpen`.
        case open(until: Timestamp)
        /// One trial is under way; its outcome leads to `closed` or `open`. A trial that never reports is given up at that time.
        case halfOpen(trialExpires: Timestamp)
    }

    package private(set) var state: State = .closed
    /// Failures in a row while closed.
    package private(set) var failures = 0

    private let threshold: Int
    private let cooldownSeconds: Int
    private let maxCooldownSeconds: Int
    private var currentCooldown: Int

    package init(threshold: Int = 5, cooldownSeconds: Int = 30, maxCooldownSeconds: Int = 600) {
        self.threshold = max(1, threshold)
        self.cooldownSeconds = cooldownSeconds
        self.maxCooldownSeconds = maxCooldownSeconds
        currentCooldown = cooldownSeconds
    }

    /// Whether a call may be made now. Answering yes in the open state makes that call the trial.
    package mutating func allows(_ now: Timestamp) -> Bool {
        switch state {
        case .closed:
            return true
        case .open(let until), .halfOpen(let until):
            guard now >= until else { return false }
            state = .halfOpen(trialExpires: now.adding(seconds: currentCooldown))
            return true
        }
    }

    package mutating func recordSuccess(_ now: Timestamp) {
        state = .closed
        failures = 0
        currentCooldown = cooldownSeconds
    }

    package mutating func recordFailure(_ now: Timestamp) {
        switch state {
        case .closed:
            failures += 1
            if failures >= threshold { state = .open(until: now.adding(seconds: currentCooldown)) }
        case .halfOpen:
            currentCooldown = min(maxCooldownSeconds, currentCooldown * 2)
            state = .open(until: now.adding(seconds: currentCooldown))
        case .open:
            break  // A call that was let through before the breaker opened: nothing new.
        }
    }

    /// Whole seconds until a call may be made, rounded up; 0 when now.
    package func secondsUntilAllowed(_ now: Timestamp) -> Int {
        switch state {
        case .closed: 0
        case .open(let until), .halfOpen(let until): max(0, Int(until.seconds(since: now).rounded(.up)))
        }
    }
}

/// What a check thinks of one thing it looked at. The raw values are the field names of `tocsin verify --json`: they stay.
enum VerifyStatus: String, Sendable, CaseIterable {
    /// As it should be.
    case ok
    /// There more than once, and recognised: a webhook that came again, a fact published again, a message sent again under its id.
    case repeated
    /// Not done yet, and known to be on its way: behind the consumer's offset, due later, its channel resting.
    case pending
    /// Given up visibly: a dead letter, a dead message. Somebody has to decide.
    case setAside
    /// Nobody can tell any more: the log no longer reaches so far back, the channel was changed since.
    case notChecked
    /// It may or may not have happened twice, and the program says so itself.
    case inDoubt
    /// Should have happened long ago and nobody is at it.
    case late
    /// Two records of one thing contradict each other.
    case wrong
    /// There, although nothing caused it.
    case phantom
    /// Done twice where once was due.
    case duplicate
    /// Accepted or committed, and without the effect that it must have.
    case lost

    /// Makes the whole run fail.
    var isFailure: Bool {
        switch self {
        case .late, .wrong, .phantom, .duplicate, .lost: true
        case .ok, .repeated, .pending, .setAside, .notChecked, .inDoubt: false
        }
    }
}

/// What is compared with what. The raw values are the check names of `tocsin verify --json`: they stay.
enum VerifyCheck: String, Sendable, CaseIterable {
    /// Records of `tocsin.signals` against alerts.
    case signals
    /// The alerts of these signals against their occurrences and incidents.
    case alerts
    /// Incidents against their events.
    case incidents
    /// Events against the ledger of messages.
    case deliveries
    /// Rows that wait in the outbox.
    case outbox
    /// Events against `tocsin.incidents`.
    case events
    /// Finished messages against `tocsin.notifications`.
    case outcomes
    /// Measures and rollup cells against a recomputation.
    case metrics
}

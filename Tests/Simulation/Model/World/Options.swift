/// What is to be simulated. The same options give the same run, step by step.
package struct Options: Sendable, Hashable {
    package var seed: UInt64
    /// Steps of the first phase, in which faults are injected.
    package var steps: Int
    /// Steps that the second phase, without faults, may take until everything has come to rest.
    package var maxHealSteps: Int
    /// Defences that are switched off, to see whether the checker notices.
    package var mutants: Set<Mutant>
    /// Faults are injected.
    package var injectsFaults: Bool
    /// Keeps the trace as text, one line a step.
    package var keepsTrace: Bool

    package init(
        seed: UInt64, steps: Int = 20_000, maxHealSteps: Int? = nil, mutants: Set<Mutant> = [], injectsFaults: Bool = true,
        keepsTrace: Bool = false
    ) {
        self.seed = seed
        self.steps = steps
        self.maxHealSteps = maxHealSteps ?? 100_000 + steps
        self.mutants = mutants
        self.injectsFaults = injectsFaults
        self.keepsTrace = keepsTrace
    }
}

/// A defence that can be switched off. Each of them must be missed by the checker in some seed: else either the defence or the checker is
/// worth nothing.
package enum Mutant: String, Sendable, Hashable, CaseIterable {
    /// Offsets are overwritten instead of compared and set.
    case offsetCompare = "offset-compare"
    /// The offset commits before its effects, not with them.
    case offsetFirst = "offset-first"
    /// Consumers of facts handle what comes, as it comes, instead of every event once and in sequence.
    case sequence
    /// No unique index on the open incident of a group.
    case oneOpenIncident = "one-open-incident"
    /// Incidents are read without locking their rows, and events of the same number overwrite each other.
    case incidentLock = "incident-lock"
    /// Outcomes and renewals do not compare the fence of their claim.
    case fence
    /// A message is claimed although an earlier one of its conversation is not finished.
    case claimOrder = "claim-order"
    /// Nobody publishes what its own process could not.
    case relay
    /// A fact leaves the outbox before the broker has acknowledged it.
    case outboxDeletedFirst = "outbox-deleted-first"
    /// Senders hear 200 before the broker has acknowledged.
    case earlyAnswer = "early-answer"
    /// A message whose process died is taken for sent.
    case expiredIsSent = "expired-is-sent"
    /// The rollup adds the new contribution of an incident and does not take the old one away.
    case rollupTakesNothingAway = "rollup-takes-nothing-away"
}

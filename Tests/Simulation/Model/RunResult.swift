import Models

/// What came of a run.
package struct RunResult: Sendable {
    package let seed: UInt64
    /// Of both phases.
    package let steps: Int
    package let safetySteps: Int
    package let simulatedSeconds: Int
    /// By name, in order of name.
    package let faults: [(name: String, count: Int)]
    /// The table of the report: what there was, and how much.
    package let figures: [(name: String, count: Int)]
    package let violation: Violation?
    package let traceHash: String
    /// With `Options.keepsTrace`.
    package let trace: [String]

    init(_ world: World, safetySteps: Int) {
        seed = world.options.seed
        steps = world.steps
        self.safetySteps = safetySteps
        simulatedSeconds = world.simulatedSeconds
        faults = Fault.allCases.map { ($0.rawValue, world.faults[$0] ?? 0) }
        violation = world.violation
        traceHash = world.trace.hash.hex
        trace = world.trace.lines
        let states = world.store.deliveries.values.map(\.state)
        figures = [
            ("accepted signals", world.ledger.accepted.count), ("lost", world.lost),
            ("incidents", world.store.incidents.count), ("events", world.store.events.values.reduce(0) { $0 + $1.count }),
            ("deliveries", states.count), ("sent", states.count { $0 == .sent }), ("dead", states.count { $0 == .dead }),
            ("suppressed", states.count { $0 == .suppressed }), ("in doubt", states.count { $0 == .inDoubt }),
            ("duplicated at receivers", world.ledger.duplicated), ("copies recognised by id", world.ledger.recognised),
            ("sent again in doubt", world.store.deliveries.values.reduce(0) { $0 + $1.resends }),
            ("fenced batches", world.ledger.fenced), ("collisions", world.ledger.collisions), ("put aside", world.store.deadLetters.count),
        ]
    }

    package func count(_ name: String) -> Int { (figures + faults).first { $0.name == name }?.count ?? 0 }
}

import ArgumentParser
import Simulation

/// Runs seeds and says what came of them; on a violation: the seed, the step, the last steps, and the command that replays it.
@main struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs the pure halves of all services together over a log and a store in memory, with seeded faults.")

    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "How many seeds, one after the other.") var seeds: Int = 1
    @Option(help: "Steps with faults, for each seed; healing comes on top.") var steps: Int = 20_000
    @Option(help: "Switches a defence off, to see the checker find it; may be repeated.") var mutant: [String] = []
    @Flag(help: "Prints every step.") var trace = false
    @Flag(help: "Injects no faults.") var calm = false

    /// How much of the story a violation is told with.
    private static let lastSteps = 50

    func run() throws {
        let mutants = try Set(mutant.map(Self.mutant))
        let clock = ContinuousClock()
        var report = Report()
        var broken: UInt64?
        let start = clock.now
        for current in seed..<(seed + UInt64(seeds)) where broken == nil {
            let outcome = Simulation(options(current, mutants, keepsTrace: trace)).run()
            if trace { outcome.trace.forEach { print($0) } }
            report.add(outcome)
            if outcome.violation != nil { broken = current }
        }
        print(report.text(seconds: start.duration(to: clock.now) / .seconds(1)))
        if let broken { try tell(broken, mutants) }
    }

    private func options(_ seed: UInt64, _ mutants: Set<Mutant>, keepsTrace: Bool) -> Options {
        Options(seed: seed, steps: steps, mutants: mutants, injectsFaults: !calm, keepsTrace: keepsTrace)
    }

    /// Runs the seed once more, with the trace.
    private func tell(_ seed: UInt64, _ mutants: Set<Mutant>) throws {
        let outcome = Simulation(options(seed, mutants, keepsTrace: true)).run()
        outcome.trace.suffix(Self.lastSteps).forEach { print($0) }
        guard let violation = outcome.violation else { return }
        print("\nVIOLATION of \(violation.invariant), seed \(seed), step \(violation.step): \(violation.description)")
        let switches = mutant.map { " --mutant \($0)" }.joined() + (calm ? " --calm" : "")
        print("replay: swift run -c release simulate --seed \(seed) --steps \(steps)\(switches) --trace")
        throw ExitCode.failure
    }

    private static func mutant(_ name: String) throws -> Mutant {
        guard let mutant = Mutant(rawValue: name) else {
            throw ValidationError("there is no mutant \(name): \(Mutant.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return mutant
    }
}

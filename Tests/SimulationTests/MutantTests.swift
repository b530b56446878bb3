import Simulation
import Testing

/// A checker that cannot fail proves nothing: with any one defence switched off, it must find a violation, and the same seed must be clean
/// with the defence on.
@Suite struct MutantTests {
    /// Where to begin with those that need luck; found with `simulate --mutant`. Most are missed in the first seed.
    private static let firstSeed: [Mutant: UInt64] = [.oneOpenIncident: 16, .incidentLock: 2, .fence: 17]
    private static let seedsToTry: UInt64 = 40
    private static let steps = 10_000

    @Test(arguments: Mutant.allCases)
    func `a defence that is switched off is missed`(mutant: Mutant) {
        let first = MutantTests.firstSeed[mutant] ?? 1
        for seed in first..<(first + MutantTests.seedsToTry) {
            let broken = Simulation(Options(seed: seed, steps: MutantTests.steps, maxHealSteps: 10_000, mutants: [mutant])).run()
            guard broken.violation != nil else { continue }
            #expect(Simulation(Options(seed: seed, steps: MutantTests.steps)).run().violation == nil, "the violation is not the mutant's")
            return
        }
        Issue.record("nobody noticed")
    }

    @Test func `a violation replays exactly`() {
        let options = Options(seed: 1, steps: MutantTests.steps, mutants: [.claimOrder])
        let first = Simulation(options).run()
        #expect(first.violation != nil)
        #expect(first.violation == Simulation(options).run().violation)
        #expect(first.safetySteps == first.violation?.step)
    }
}

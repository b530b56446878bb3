import Simulation
import Testing

/// The promises, kept by the real decisions under seeded faults. `swift run -c release simulate` runs more of it, faster.
@Suite struct SimulationTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `with faults everything accepted becomes its incident and its messages, once, and all comes to rest`(seed: UInt64) {
        let result = Simulation(Options(seed: seed, steps: 10_000)).run()
        #expect(result.violation == nil)
        #expect(result.count("lost") == 0)
        #expect(result.count("accepted signals") > 100)
        #expect(result.count("sent") > 20)
        #expect(result.count("crash") > 5)
    }

    @Test func `without faults nothing is in doubt, sent again, fenced or told twice`() {
        let result = Simulation(Options(seed: 6, steps: 10_000, injectsFaults: false)).run()
        #expect(result.violation == nil)
        for name in ["lost", "duplicated at receivers", "copies recognised by id", "in doubt", "sent again in doubt", "put aside"] {
            #expect(result.count(name) == 0, "\(name)")
        }
        #expect(result.faults.allSatisfy { $0.count == 0 })
        #expect(result.count("sent") > 20)
    }

    @Test func `the same seed gives the same trace, byte for byte`() {
        let options = Options(seed: 7, steps: 2000, keepsTrace: true)
        let first = Simulation(options).run()
        let second = Simulation(options).run()
        #expect(first.traceHash == second.traceHash)
        #expect(first.trace == second.trace)
        #expect(first.trace.count >= first.steps)
    }

    @Test func `the hash does not depend on whether the trace is kept as text`() {
        let without = Simulation(Options(seed: 7, steps: 2000)).run()
        let with = Simulation(Options(seed: 7, steps: 2000, keepsTrace: true)).run()
        #expect(without.traceHash == with.traceHash)
        #expect(without.trace.isEmpty)
    }

    @Test func `another seed gives another trace`() {
        #expect(
            Simulation(Options(seed: 7, steps: 500)).run().traceHash != Simulation(Options(seed: 8, steps: 500)).run().traceHash)
    }

    @Test func `every kind of fault is injected within a few seeds`() {
        var missing = Set(Simulation(Options(seed: 1, steps: 0)).run().faults.map(\.name))
        for seed in 1...6 as ClosedRange<UInt64> where !missing.isEmpty {
            for (name, count) in Simulation(Options(seed: seed, steps: 10_000)).run().faults where count > 0 { missing.remove(name) }
        }
        #expect(missing.isEmpty)
    }
}

import Simulation
import Testing

@Suite struct RandomnessTests {
    @Test func `a seed gives the same numbers on every run`() {
        var one = Randomness(seed: 7)
        var two = Randomness(seed: 7)
        #expect((0..<100).map { _ in one.next() } == (0..<100).map { _ in two.next() })
    }

    @Test func `another seed gives other numbers`() {
        var one = Randomness(seed: 7)
        var two = Randomness(seed: 8)
        #expect(one.next() != two.next())
    }
}

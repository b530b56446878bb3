import Models
import ServiceKit
import Testing

@Suite struct CircuitBreakerTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker(threshold: 3, cooldownSeconds: 10, maxCooldownSeconds: 35)
        for _ in 1...3 { breaker.recordFailure(start) }
        return breaker
    }

    @Test("opens at the threshold of failures in a row, not before")
    func opens() {
        var breaker = CircuitBreaker(threshold: 3, cooldownSeconds: 10, maxCooldownSeconds: 35)
        breaker.recordFailure(start)
        breaker.recordFailure(start)
        breaker.recordSuccess(start)
        breaker.recordFailure(start)
        breaker.recordFailure(start)
        #expect(breaker.allows(start) == true)
        breaker.recordFailure(start)
        #expect(breaker.allows(start) == false)
        #expect(breaker.secondsUntilAllowed(start) == 10)
    }

    @Test("lets one trial through after the cooldown")
    func trial() {
        var breaker = opened()
        #expect(breaker.allows(start.adding(seconds: 9)) == false)
        #expect(breaker.allows(start.adding(seconds: 10)) == true)
        #expect(breaker.allows(start.adding(seconds: 10)) == false)
    }

    @Test("a trial that never reports does not lock it for ever")
    func lostTrial() {
        var breaker = opened()
        #expect(breaker.allows(start.adding(seconds: 10)) == true)
        #expect(breaker.allows(start.adding(seconds: 20)) == true)
    }

    @Test("failed trials double the cooldown up to the cap")
    func doubles() {
        var breaker = opened()
        var now = start
        for expected in [10, 20, 35, 35] {
            #expect(breaker.secondsUntilAllowed(now) == expected)
            now = now.adding(seconds: expected)
            #expect(breaker.allows(now) == true)
            breaker.recordFailure(now)
        }
    }

    @Test("a success closes it and forgets the cooldown")
    func closes() {
        var breaker = opened()
        #expect(breaker.allows(start.adding(seconds: 10)) == true)
        breaker.recordFailure(start.adding(seconds: 10))
        #expect(breaker.allows(start.adding(seconds: 30)) == true)
        breaker.recordSuccess(start.adding(seconds: 30))
        #expect(breaker.state == .closed)
        for _ in 1...3 { breaker.recordFailure(start.adding(seconds: 31)) }
        #expect(breaker.secondsUntilAllowed(start.adding(seconds: 31)) == 10)
    }
}

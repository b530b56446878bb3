import Models
import ServiceKit
import Testing

@Suite struct RetryPolicyTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let policy = RetryPolicy.delivery

    @Test("a delivery is tried 8 to 10 times over at least a day")
    func delivery() {
        #expect((8...10).contains(policy.maxAttempts))
        #expect(policy.totalSeconds >= 86_400)
        #expect(policy.delays == policy.delays.sorted())
    }

    @Test("each attempt waits its delay", arguments: zip(1...9, RetryPolicy.delivery.delays))
    func delays(attempt: Int, seconds: Int) {
        #expect(policy.nextAttempt(after: attempt, now: now, retryAfterSeconds: nil, jitter: 0) == now.adding(seconds: seconds))
    }

    @Test("after the last attempt there is none")
    func givesUp() {
        #expect(policy.nextAttempt(after: policy.maxAttempts, now: now, retryAfterSeconds: 5, jitter: 0) == nil)
        #expect(policy.nextAttempt(after: policy.maxAttempts - 1, now: now, retryAfterSeconds: nil, jitter: 0) != nil)
    }

    @Test(
        "Retry-After is never undercut, and a shorter one does not hurry us",
        arguments: [(1, 120, 120), (4, 7, 600), (1, 999_999, 86_400), (1, -5, 5)])
    func retryAfter(attempt: Int, asked: Int, expected: Int) {
        #expect(policy.nextAttempt(after: attempt, now: now, retryAfterSeconds: asked, jitter: 0) == now.adding(seconds: expected))
    }

    @Test("jitter adds up to a fifth and never shortens", arguments: [-1, 0, 0.25, 0.5, 0.999, 7])
    func jitter(dice: Double) throws {
        for attempt in 1...9 {
            let next = try #require(policy.nextAttempt(after: attempt, now: now, retryAfterSeconds: nil, jitter: dice))
            let delay = Double(policy.delays[attempt - 1])
            #expect(next.seconds(since: now) >= delay)
            #expect(next.seconds(since: now) <= delay * 1.2)
        }
    }
}

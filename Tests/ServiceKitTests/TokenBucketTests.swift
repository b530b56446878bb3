import Models
import ServiceKit
import Testing

@Suite struct TokenBucketTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    @Test("gives its capacity at once, then what flows in")
    func flow() {
        var bucket = TokenBucket(capacity: 5, perSecond: 2, now: start)
        for _ in 1...5 { #expect(bucket.take(now: start) == true) }
        #expect(bucket.take(now: start) == false)
        #expect(bucket.take(now: start.adding(milliseconds: 500)) == true)
        #expect(bucket.take(now: start.adding(milliseconds: 500)) == false)
    }

    @Test("never holds more than its capacity")
    func bounded() {
        let bucket = TokenBucket(capacity: 5, perSecond: 2, now: start)
        #expect(bucket.available(start.adding(seconds: 3600)) == 5)
    }

    @Test("a clock that runs backwards adds nothing and takes nothing")
    func backwards() {
        var bucket = TokenBucket(capacity: 1, perSecond: 1, now: start)
        #expect(bucket.take(now: start) == true)
        #expect(bucket.take(now: start.adding(seconds: -3600)) == false)
        #expect(bucket.take(now: start.adding(milliseconds: 10)) == false)
        #expect(bucket.take(now: start.adding(seconds: 1)) == true)
    }

    @Test("says how long to wait")
    func wait() {
        var bucket = TokenBucket(capacity: 2, perSecond: 0.1, now: start)
        #expect(bucket.secondsUntil(now: start) == 0)
        _ = bucket.take(2, now: start)
        #expect(bucket.secondsUntil(now: start) == 10)
        #expect(bucket.secondsUntil(3, now: start) == .max)
    }
}

import Testing

@testable import Postgres

@Suite struct PoolStateTests {
    private typealias State = PoolState<String, Int>

    @Test func `Permits are handed out up to the limit, then callers queue`() {
        var state = State(limit: 2)
        #expect(describe(state.acquire(id: 1, waiter: 1)) == "permit")
        #expect(describe(state.acquire(id: 2, waiter: 2)) == "permit")
        #expect(describe(state.acquire(id: 3, waiter: 3)) == "queued")
        #expect(state.open == 2)
    }

    @Test func `What comes back goes to the first in the queue, else to the shelf, last in first out`() {
        var state = State(limit: 2)
        for id: UInt64 in 1...4 { _ = state.acquire(id: id, waiter: Int(id)) }
        #expect(describe(state.release("a")) == "3 gets a")
        #expect(describe(state.releasePermit()) == "4 gets permit")
        #expect(describe(state.release("b")) == "nothing")
        #expect(describe(state.release("c")) == "nothing")
        #expect(state.idle == ["b", "c"])
        #expect(describe(state.acquire(id: 5, waiter: 5)) == "c")
    }

    @Test func `A lost connection without a waiter frees its permit`() {
        var state = State(limit: 1)
        _ = state.acquire(id: 1, waiter: 1)
        #expect(describe(state.releasePermit()) == "nothing")
        #expect(state.open == 0)
        #expect(describe(state.acquire(id: 2, waiter: 2)) == "permit")
    }

    @Test func `A waiter is removed once`() {
        var state = State(limit: 1)
        _ = state.acquire(id: 1, waiter: 1)
        _ = state.acquire(id: 2, waiter: 2)
        #expect(state.remove(id: 2) == 2)
        #expect(state.remove(id: 2) == nil)
        #expect(describe(state.release("a")) == "nothing")
    }

    @Test func `After closing nobody is served and everything is closed`() {
        var state = State(limit: 2)
        for id: UInt64 in 1...3 { _ = state.acquire(id: id, waiter: Int(id)) }
        #expect(describe(state.release("a")) == "3 gets a")
        #expect(describe(state.release("a")) == "nothing")
        _ = state.acquire(id: 4, waiter: 4)
        _ = state.acquire(id: 5, waiter: 5)
        let closed = state.close()
        #expect(closed.idle == [])
        #expect(closed.waiters == [5])
        #expect(describe(state.acquire(id: 6, waiter: 6)) == "closed")
        #expect(describe(state.release("a")) == "close a")
        #expect(describe(state.releasePermit()) == "nothing")
        #expect(state.open == 0)
    }

    private func describe(_ acquisition: State.Acquisition) -> String {
        switch acquisition {
        case .granted(.connection(let connection)): connection
        case .granted(.permit): "permit"
        case .queued: "queued"
        case .closed: "closed"
        }
    }

    private func describe(_ handover: State.Handover) -> String {
        switch handover {
        case .grant(let waiter, .connection(let connection)): "\(waiter) gets \(connection)"
        case .grant(let waiter, .permit): "\(waiter) gets permit"
        case .close(let connection): "close \(connection)"
        case .nothing: "nothing"
        }
    }
}

@Suite struct ReconnectBackoffTests {
    @Test func `Waits double up to a bound, and success forgets them`() {
        var backoff = ReconnectBackoff()
        let now = ContinuousClock.now
        #expect(backoff.delay(now: now) == .zero)
        var delays: [Duration] = []
        for _ in 0..<8 {
            backoff.failed(now: now, jitter: 0)
            delays.append(backoff.delay(now: now))
        }
        #expect(delays == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) })
        #expect(backoff.delay(now: now.advanced(by: .seconds(3))) == .zero)
        backoff.succeeded()
        #expect(backoff.delay(now: now) == .zero)
    }

    @Test func `Jitter takes at most half away`() {
        var backoff = ReconnectBackoff()
        let now = ContinuousClock.now
        backoff.failed(now: now, jitter: 0.999)
        #expect(backoff.delay(now: now) == .milliseconds(25))
    }
}

import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(10))) struct WakeupTests {
    private static let longMilliseconds = 600_000

    @Test("a hint given before the wait counts")
    func before() async {
        let wakeup = Wakeup()
        wakeup.wake()
        wakeup.wake()
        await wakeup.wait(milliseconds: Self.longMilliseconds)
    }

    @Test("a hint ends a wait under way")
    func during() async {
        let wakeup = Wakeup()
        await withTaskGroup { group in
            group.addTask { await wakeup.wait(milliseconds: Self.longMilliseconds) }
            group.addTask { wakeup.wake() }
        }
    }

    @Test("without a hint the time ends it, and the next hint still works")
    func timeout() async {
        let wakeup = Wakeup()
        await wakeup.wait(milliseconds: 5)
        wakeup.wake()
        await wakeup.wait(milliseconds: Self.longMilliseconds)
    }

    @Test("cancellation ends a wait")
    func cancellation() async {
        let wakeup = Wakeup()
        let waiting = Task { await wakeup.wait(milliseconds: Self.longMilliseconds) }
        waiting.cancel()
        await waiting.value
    }
}

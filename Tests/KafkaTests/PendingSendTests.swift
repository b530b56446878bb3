import Testing

@testable import Kafka

@Suite struct PendingSendTests {
    @Test("The waiter is resumed once: with the first failure, whatever reports follow")
    func firstFailure() async {
        let send = PendingSend(records: 3, timeoutMilliseconds: 10, now: .now)
        send.recordSettled(nil)
        send.recordSettled(.queueFull())
        send.recordSettled(nil)
        _ = send.expire(at: .now.advanced(by: .seconds(1)))
        send.settle(.failure(.cancelled()))
        let error = await #expect(throws: KafkaError.self) { try await send.result().get() }
        #expect(error?.code == .queueFull)
    }

    @Test("It succeeds with the last acknowledgement and not before")
    func allAcknowledged() async throws {
        let now = ContinuousClock.now
        let send = PendingSend(records: 2, timeoutMilliseconds: 10, now: now)
        send.recordSettled(nil)
        #expect(!send.expire(at: now.advanced(by: .milliseconds(9))))
        send.recordSettled(nil)
        #expect(send.expire(at: now.advanced(by: .milliseconds(10))))
        try await send.result().get()
    }

    @Test("Many threads may settle at once, and every waiter gets the same answer")
    func racing() async {
        for _ in 0..<200 {
            let promise = ResumeOnce<Int>()
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<2 { group.addTask { await promise.value() } }
                for number in 0..<4 {
                    group.addTask {
                        promise.resolve(number)
                        return await promise.value()
                    }
                }
                var answers: Set<Int> = []
                for await answer in group { answers.insert(answer) }
                #expect(answers.count == 1)
            }
        }
    }
}

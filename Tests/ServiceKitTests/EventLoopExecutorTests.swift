import Hummingbird
import NIOCore
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct EventLoopExecutorTests {
    @Test func aTaskStaysOnItsLoopThroughSuspensionsAndIntoItsChildren() async {
        let loop = EventLoopGroupProvider.singleton.eventLoopGroup.next()
        await withTaskExecutorPreference(EventLoopExecutor(loop)) {
            for _ in 0..<20 {
                #expect(loop.inEventLoop)
                await Task.yield()
                try? await Task.sleep(for: .microseconds(10))
                async let child = loop.inEventLoop
                #expect(await child)
            }
        }
    }

    @Test func everyJobRunsWhoeverEnqueuesIt() async {
        let executor = EventLoopExecutor(EventLoopGroupProvider.singleton.eventLoopGroup.next())
        let count = Atomic(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask { await Task(executorPreference: executor) { count.add(1, ordering: .relaxed) }.value }
            }
        }
        #expect(count.load(ordering: .relaxed) == 200)
    }

    @Test func eachLoopHasOneExecutor() {
        let executors = EventLoopExecutors()
        let loops = Array(EventLoopGroupProvider.singleton.eventLoopGroup.makeIterator())
        let made = loops.map { ObjectIdentifier(executors.executor(of: $0)) }
        #expect(loops.map { ObjectIdentifier(executors.executor(of: $0)) } == made)
        #expect(Set(made).count == loops.count)
    }
}

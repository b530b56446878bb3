import Hummingbird
import NIOCore
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

    @Test func everyJobRunsOnTheLoopWhoeverEnqueuesIt() async {
        let loop = EventLoopGroupProvider.singleton.eventLoopGroup.next()
        let executor = EventLoopExecutor(loop)
        let ran = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask(executorPreference: executor) { loop.inEventLoop } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(ran == 200)
    }

    @Test func eachLoopHasOneExecutor() {
        let executors = EventLoopExecutors()
        let loops = Array(EventLoopGroupProvider.singleton.eventLoopGroup.makeIterator())
        let made = loops.map { ObjectIdentifier(executors.executor(of: $0)) }
        #expect(loops.map { ObjectIdentifier(executors.executor(of: $0)) } == made)
        #expect(Set(made).count == loops.count)
    }
}

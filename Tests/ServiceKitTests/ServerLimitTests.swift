import Models
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct RequestProgressTests {
    private let limit = TimeAmount.seconds(10)
    private func second(_ second: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(second) }

    @Test func `A request's time begins with the first byte of its head and does not begin again with the next ones`() {
        var progress = RequestProgress(limit: limit)
        progress.partOfHead(second(1))
        progress.partOfHead(second(5))
        progress.head(second(9))
        #expect(progress.deadline == second(11))
    }

    @Test func `It is over when the body is read and the answer written, in either order`() {
        var readFirst = RequestProgress(limit: limit)
        readFirst.head(second(0))
        readFirst.end(second(1))
        #expect(readFirst.isWorking && readFirst.deadline == second(10))
        readFirst.answered(second(2))
        #expect(readFirst.deadline == nil && !readFirst.isOpen)

        var answeredFirst = RequestProgress(limit: limit)
        answeredFirst.head(second(0))
        #expect(!answeredFirst.isAnsweredEarly)
        answeredFirst.answered(second(1))
        #expect(answeredFirst.isAnsweredEarly)
        #expect(answeredFirst.isOpen && answeredFirst.deadline == second(10))
        answeredFirst.end(second(2))
        #expect(answeredFirst.deadline == nil)
    }

    @Test func `A request behind another one has its own time from the moment the other one is over`() {
        var progress = RequestProgress(limit: limit)
        for at in 0..<2 {
            progress.head(second(Int64(at)))
            progress.end(second(Int64(at)))
        }
        progress.answered(second(7))
        #expect(progress.deadline == second(17) && progress.isWorking)
        progress.answered(second(8))
        #expect(progress.deadline == nil)
    }
}

@Suite struct ConnectionTableTests {
    private func address(_ text: String) throws -> ClientAddress {
        try #require(ClientAddress(try SocketAddress(ipAddress: text, port: 1)))
    }

    private func connection(_ address: String, second: Int64 = 0) throws -> ServerConnection {
        ServerConnection(address: try self.address(address), now: .uptimeNanoseconds(1) + .seconds(second)) {}
    }

    @Test func `An address has no more connections than it may, and another one is not touched by that`() throws {
        let table = ConnectionTable(most: 100, mostPerAddress: 2)
        let first = try connection("192.0.2.1")
        let second = try connection("192.0.2.1")
        #expect(table.admit(first).isAdmitted && table.admit(second).isAdmitted)
        guard case .tooManyOfAddress = table.admit(try connection("192.0.2.1")) else { Issue.record("a third one was let in"); return }
        #expect(try table.admit(connection("192.0.2.2")).isAdmitted)
        table.leave(first)
        table.leave(first)
        #expect(table.count == 2)
        #expect(try table.admit(connection("192.0.2.1")).isAdmitted)
        guard case .tooManyOfAddress = table.admit(try connection("192.0.2.1")) else { Issue.record("left twice"); return }
    }

    @Test func `When all are taken, the one that waits longest makes room; one that is at work never does`() throws {
        let table = ConnectionTable(most: 3, mostPerAddress: 0)
        let working = try connection("192.0.2.1", second: 1)
        let old = try connection("192.0.2.1", second: 2)
        let young = try connection("192.0.2.1", second: 900)
        working.startWorking()
        for connection in [working, old, young] { _ = table.admit(connection) }
        var evicted: [ObjectIdentifier] = []
        for _ in 0..<2 {
            let next = try connection("192.0.2.1", second: 1000)
            next.startWorking()
            guard case .admitted(let victim?) = table.admit(next) else { Issue.record("nobody made room"); return }
            evicted.append(ObjectIdentifier(victim))
        }
        #expect(Set(evicted) == [ObjectIdentifier(old), ObjectIdentifier(young)])
        guard case .full = table.admit(try connection("192.0.2.1")) else { Issue.record("work was thrown away"); return }
        #expect(table.count == 3)
    }

    @Test func `Of many that wait, one of the oldest goes`() throws {
        let table = ConnectionTable(most: 1000, mostPerAddress: 0)
        let all = try (0..<1000).map { try connection("192.0.2.1", second: $0) }
        for connection in all { _ = table.admit(connection) }
        guard case .admitted(let victim?) = table.admit(try connection("192.0.2.1", second: 2000)) else { Issue.record("no room"); return }
        // 24 draws that all miss the older half happen once in 16 million runs.
        #expect(try #require(all.firstIndex { $0 === victim }) < 500)
    }

    @Test func `IPv6 addresses of one network are one client, mapped IPv4 is IPv4`() throws {
        #expect(try address("2001:db8:1:2::1") == address("2001:db8:1:2:ffff::9"))
        #expect(try address("2001:db8:1:2::1") != address("2001:db8:1:3::1"))
        #expect(try address("::ffff:192.0.2.1") == address("192.0.2.1"))
        #expect(try address("192.0.2.1") != address("192.0.2.2"))
        #expect(try ClientAddress(SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
    }
}

extension ConnectionTable.Admission {
    fileprivate var isAdmitted: Bool { if case .admitted = self { true } else { false } }
}

@Suite struct WireRefusalTests {
    private func fault(_ headers: HTTPHeaders, _ version: HTTPVersion = .http1_1) -> WireRefusal? {
        WireRefusal.fault(of: HTTPRequestHead(version: version, method: .POST, uri: "/", headers: headers))
    }

    @Test func `A head that two readers could take for two things is refused`() {
        #expect(fault(["Host": "a"]) == nil)
        #expect(fault(["Host": "a", "Transfer-Encoding": "Chunked"]) == nil)
        #expect(fault([:], .http1_0) == nil)
        #expect(fault([:]) == .host)
        #expect(fault(["Host": "a", "host": "a"]) == .host)
        #expect(fault(["Host": "a", "Transfer-Encoding": "gzip, chunked"]) == .transferEncoding)
        #expect(fault(["Host": "a", "Transfer-Encoding": "identity"]) == .transferEncoding)
        #expect(fault(["Host": "a", "Transfer-Encoding": "chunked"], .http1_0) == .transferEncoding)
        #expect(fault(["Host": "a", "Transfer-Encoding": "chunked", "Content-Length": "3"]) == .length)
    }

    @Test func `Its answer is JSON of the announced length and ends the connection`() {
        let answer = WireRefusal.manyConnections.answer
        #expect(answer.head.headers["content-length"] == ["\(answer.body.readableBytes)"])
        #expect(answer.head.headers["connection"] == ["close"] && answer.head.headers["retry-after"] == ["1"])
        #expect(String(buffer: answer.body).contains(#""code":"busy""#))
        #expect(WireRefusal(ChannelError.eof) == nil)
    }

    @Test func `The wrapping of a body has a bound that small chunks do not reach`() {
        var overhead = BodyOverhead()
        overhead.begin(received: 500)
        overhead.add(body: 1_000_000)
        #expect(!overhead.isTooMuch(received: 500 + 6_000_000))
        overhead.begin(received: 500)
        overhead.add(body: 2)
        #expect(!overhead.isTooMuch(received: 500 + 100_000))
        #expect(overhead.isTooMuch(received: 500 + 200_000))
    }
}

@Suite struct BucketTableTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    @Test func `Each key has a rate of its own`() {
        let table = BucketTable<Int>(perSecond: 1, burst: 2)
        #expect(table.secondsToWait(1, now: now) == nil && table.secondsToWait(1, now: now) == nil)
        #expect(table.secondsToWait(1, now: now) == 1 && table.secondsToWaitUntouched(1, now: now) == 1)
        #expect(table.secondsToWait(2, now: now) == nil && table.left(2, now: now) == 1)
        #expect(table.secondsToWait(1, now: now.adding(seconds: 1)) == nil)
    }

    @Test func `A flood of keys stays within the table, and shares one bucket`() {
        let table = BucketTable<Int>(perSecond: 1, burst: 2, most: 10)
        let passed = (0..<1000).count { table.secondsToWait($0, now: now) == nil }
        #expect(table.count == 10 && passed == 12)
        // Who was told apart before still is.
        #expect(table.secondsToWait(3, now: now) == nil && table.secondsToWait(3, now: now) == 1)
        // Full buckets make room for others.
        #expect(table.secondsToWait(5000, now: now.adding(seconds: 60)) == nil && table.count == 1)
    }
}

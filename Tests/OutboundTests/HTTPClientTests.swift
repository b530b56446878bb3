import Logging
import Outbound
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A client that may talk to this machine.
func localClient(maxConcurrent: Int = 4, maxBodyBytes: Int = 65_536, maxHeaderBytes: Int = 16_384) -> HTTPClient {
    HTTPClient(
        policy: AddressPolicy(allowPrivateAddresses: true), maxConcurrent: maxConcurrent, maxBodyBytes: maxBodyBytes,
        maxHeaderBytes: maxHeaderBytes, logger: quiet)
}

/// The error of a call that must fail.
func failure(_ call: () async throws(OutboundError) -> Void) async throws -> OutboundError {
    do throws(OutboundError) {
        try await call()
    } catch {
        return error
    }
    throw ShouldHaveFailed()
}

struct ShouldHaveFailed: Error {}

@Suite(.timeLimit(.minutes(10)))
struct HTTPClientTests {
    @Test("every status is an answer, not an error", arguments: [200, 202, 204, 301, 307, 400, 404, 410, 429, 500, 503])
    func statuses(status: Int) async throws {
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            peer.answer(status, headers: "Retry-After: 30\r\n", body: status == 204 ? "" : "said")
        }
        let response = try await localClient().send(HTTPRequest(url: server.url, body: [1]))
        #expect(response.status == status)
        #expect(response.header("retry-after") == "30")
        #expect(response.body == (status == 204 ? [] : Array("said".utf8)))
        #expect(!response.isBodyCut)
    }

    @Test("the request arrives as given, with nothing of libcurl's own", arguments: ["POST", "PUT", "PATCH", "DELETE", "GET"])
    func requestOnTheWire(method: String) async throws {
        let arrived = Ledger<ReceivedRequest>()
        let server = try LocalServer { peer, _ in
            if let request = peer.readRequest() { arrived.append(request) }
            peer.answer(200)
        }
        let headers = [Header("X-Empty", ""), Header("Authorization", "Bearer t"), Header("Content-Type", "application/json")]
        let request = HTTPRequest(method: method, url: server.url + "/a%20b?c=d", headers: headers, body: Array("{\"é\":1}".utf8))
        _ = try await localClient().send(request)
        let got = try #require(arrived.all.first)
        #expect(got.line == "\(method) /a%20b?c=d HTTP/1.1")
        #expect(got.body == "{\"é\":1}")
        #expect(got.headers.keys.sorted() == ["authorization", "content-length", "content-type", "host", "user-agent", "x-empty"])
        #expect(got.headers["authorization"] == "Bearer t")
        #expect(got.headers["user-agent"] == "Tocsin")
        #expect(got.headers["x-empty"] == "")
    }

    @Test("a large body goes out whole and without Expect: 100-continue")
    func largeRequest() async throws {
        let arrived = Ledger<ReceivedRequest>()
        let server = try LocalServer { peer, _ in
            if let request = peer.readRequest() { arrived.append(request) }
            peer.answer(200)
        }
        let body = [UInt8](repeating: 0x61, count: 2 << 20)
        _ = try await localClient().send(HTTPRequest(url: server.url, body: body))
        #expect(arrived.all.first?.body.utf8.count == body.count)
        #expect(arrived.all.first?.headers["expect"] == nil)
    }

    @Test("an endless body is cut at the limit and the status still counts")
    func endlessBody() async throws {
        let sent = Ledger<Int>()
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            peer.write("HTTP/1.1 200 OK\r\n\r\n")
            let chunk = [UInt8](repeating: 0x78, count: 65_536)
            while peer.write(chunk) { sent.append(chunk.count) }
        }
        let response = try await localClient(maxBodyBytes: 1_000).send(HTTPRequest(url: server.url, body: [1]))
        #expect(response.status == 200)
        #expect(response.isBodyCut)
        #expect(response.body == [UInt8](repeating: 0x78, count: 1_000))
        #expect(sent.all.reduce(0, +) < 64 << 20)
    }

    @Test("a body of exactly the limit is whole, a compressed one stays compressed")
    func bodyAtTheLimit() async throws {
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            peer.answer(200, headers: "content-encoding: gzip\r\n", body: "12345678")
        }
        let response = try await localClient(maxBodyBytes: 8).send(HTTPRequest(url: server.url, body: [1]))
        #expect(!response.isBodyCut)
        #expect(response.body == Array("12345678".utf8))
    }

    @Test("a redirect is an answer and its target sees nothing")
    func redirect() async throws {
        let canary = try LocalServer { _, _ in }
        let location = "Location: \(canary.url)/\r\n"
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            peer.answer(302, headers: location)
        }
        let response = try await localClient().send(HTTPRequest(url: server.url, body: [1]))
        #expect(response.status == 302)
        #expect(canary.connections == 0)
    }

    @Test("headers of an interim answer are not those of the answer")
    func interimAnswer() async throws {
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            peer.write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
            peer.answer(200, headers: "X-Late: 2\r\n")
        }
        let response = try await localClient().send(HTTPRequest(url: server.url, body: [1]))
        #expect(response.status == 200)
        #expect(response.header("x-early") == nil)
        #expect(response.header("X-LATE") == "2")
    }

    @Test("a kept connection serves the next request")
    func reuse() async throws {
        let server = try LocalServer { peer, _ in while peer.readRequest() != nil { peer.answer(200, body: "ok") } }
        let client = localClient(maxConcurrent: 1)
        for _ in 0..<5 { _ = try await client.send(HTTPRequest(url: server.url, body: [1])) }
        #expect(server.connections == 1)
    }

    @Test("connections to several peers are kept side by side")
    func reuseOfMany() async throws {
        let servers = try (0..<3).map { _ in try LocalServer { peer, _ in while peer.readRequest() != nil { peer.answer(200) } } }
        let client = localClient(maxConcurrent: 4)
        for _ in 0..<3 {
            for server in servers { #expect(try await client.send(HTTPRequest(url: server.url, body: [1])).status == 200) }
        }
        #expect(servers.map(\.connections) == [1, 1, 1])
    }

    @Test("requests run side by side up to the limit")
    func sideBySide() async throws {
        let server = try LocalServer { peer, _ in while peer.readRequest() != nil { peer.answer(200) } }
        let client = localClient(maxConcurrent: 4)
        let url = server.url
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await client.send(HTTPRequest(url: url, body: [1])).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == [Int](repeating: 200, count: 100))
        #expect((1...4).contains(server.connections))
    }
}

import Outbound
import Testing

@Suite(.timeLimit(.minutes(10)))
struct HTTPFaultTests {
    /// A peer's misbehaviour and what the caller must learn from it.
    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: OutboundError.Code
        var status: Int?
        var play: @Sendable (Peer) -> Void

        init(_ name: String, _ code: OutboundError.Code, status: Int? = nil, _ play: @escaping @Sendable (Peer) -> Void) {
            testDescription = name
            self.code = code
            self.status = status
            self.play = play
        }
    }

    static let faults: [Fault] = [
        Fault("says nothing", .timeout) { $0.waitForClose() },
        Fault("stops in the headers", .timeout, status: 200) {
            $0.write("HTTP/1.1 200 OK\r\nX: ")
            $0.waitForClose()
        },
        Fault("stops in the body", .timeout, status: 200) {
            $0.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123")
            $0.waitForClose()
        },
        Fault("drips its body", .timeout, status: 200) {
            $0.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while $0.write("x") { pause(milliseconds: 50) }
        },
        Fault("closes without a word", .connectionReset) { $0.close() },
        Fault("resets without a word", .connectionReset) { $0.reset() },
        Fault("closes in the body", .connectionReset, status: 200) { $0.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123") },
        Fault("resets in the body", .connectionReset, status: 503) {
            $0.write("HTTP/1.1 503 No\r\ncontent-length: 10\r\n\r\n123")
            pause(milliseconds: 200)  // else RST may overtake the bytes
            $0.reset()
        },
        Fault("garbage for a status line", .protocolViolation) { $0.write("SSH-2.0-OpenSSH_9.2\r\nhello\r\n\r\n") },
        Fault("endless headers", .protocolViolation, status: 200) {
            $0.write("HTTP/1.1 200 OK\r\n")
            while $0.write("X-Filler: \(String(repeating: "x", count: 500))\r\n") {}
        },
        Fault("endless interim answers", .protocolViolation, status: 100) { while $0.write("HTTP/1.1 100 Continue\r\n\r\n") {} },
    ]

    @Test("a misbehaving peer is classified, bounded in time, and in doubt; the secret URL is not told", arguments: faults)
    func misbehaviour(fault: Fault) async throws {
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            fault.play(peer)
        }
        let url = server.url + "/services/T0/SECRETPATH?token=SECRETQUERY"
        let headers = [Header("Authorization", "Bearer SECRETTOKEN")]
        let request = HTTPRequest(url: url, headers: headers, body: Array("SECRETBODY".utf8), timeoutMilliseconds: 700)
        let start = ContinuousClock.now
        let error = try await failure { () throws(OutboundError) in _ = try await localClient().send(request) }
        #expect(error.code == fault.code)
        #expect(error.mayHaveBeenSent)
        #expect(error.isRetriable)
        #expect(error.httpStatus == fault.status)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(!"\(error) \(String(reflecting: error))".contains("SECRET"))
    }

    @Test("nobody listening: not sent, no doubt")
    func refusedConnection() async throws {
        let url = "http://127.0.0.1:\(try LocalServer.closedPort())/SECRETPATH"
        let error = try await failure { () throws(OutboundError) in _ = try await localClient().send(HTTPRequest(url: url, body: [1])) }
        #expect(error.code == .connect)
        #expect(!error.mayHaveBeenSent)
        #expect(!"\(error)".contains("SECRET"))
    }

    @Test("a name without an address: not sent, no doubt")
    func unresolvable() async throws {
        // A label of more than 63 bytes fails in the resolver library, without a question to any server.
        let url = "http://\(String(repeating: "a", count: 70)).example/SECRETPATH"
        let error = try await failure { () throws(OutboundError) in _ = try await localClient().send(HTTPRequest(url: url, body: [1])) }
        #expect(error.code == .resolve)
        #expect(!error.mayHaveBeenSent)
        #expect(!"\(error)".contains("SECRET"))
    }

    @Test("TLS with a peer that speaks none: not sent, no doubt")
    func noTLS() async throws {
        let server = try LocalServer { peer, _ in
            peer.write("HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.waitForClose()
        }
        let url = "https://127.0.0.1:\(server.port)/SECRETPATH"
        let error = try await failure { () throws(OutboundError) in _ = try await localClient().send(HTTPRequest(url: url, body: [1])) }
        #expect(error.code == .tls)
        #expect(!error.mayHaveBeenSent)
        #expect(!"\(error)".contains("SECRET"))
    }

    @Test(
        "only a certificate that is trusted and made for the host is accepted",
        arguments: [("IP:127.0.0.1", true, true), ("IP:127.0.0.1", false, false), ("DNS:other.example", true, false)])
    func certificates(name: String, isTrusted: Bool, isAccepted: Bool) async throws {
        let server = try TLSServer(name: name)
        let caFile = isTrusted ? server.certificate : nil
        let client = HTTPClient(policy: AddressPolicy(allowPrivateAddresses: true), caFile: caFile, logger: quiet)
        let request = HTTPRequest(method: "GET", url: "https://127.0.0.1:\(server.port)/")
        if isAccepted {
            #expect(try await client.send(request).status == 200)
        } else {
            let error = try await failure { () throws(OutboundError) in _ = try await client.send(request) }
            #expect(error.code == .tls)
            #expect(!error.mayHaveBeenSent)
        }
    }

    @Test("a TLS handshake that never ends is cut by the connect time-out")
    func hangingHandshake() async throws {
        let server = try LocalServer { peer, _ in peer.waitForClose() }
        let request = HTTPRequest(
            url: "https://127.0.0.1:\(server.port)/", body: [1], timeoutMilliseconds: 60_000, connectTimeoutMilliseconds: 300)
        let error = try await failure { () throws(OutboundError) in _ = try await localClient().send(request) }
        #expect(error.code == .timeout)
        #expect(!error.mayHaveBeenSent)
    }

    @Test("a request that a kept connection broke under is not repeated behind the caller's back", arguments: ["{}", ""])
    func noSilentRepeat(body: String) async throws {
        let arrived = Ledger<String>()
        let server = try LocalServer { peer, _ in
            // The first request of the first connection is answered; whatever comes next is taken in and never answered.
            guard let first = peer.readRequest() else { return }
            arrived.append(first.line)
            guard arrived.all.count == 1 else { return }
            peer.answer(200)
            if let second = peer.readRequest() { arrived.append(second.line) }
        }
        let client = localClient(maxConcurrent: 1)
        _ = try await client.send(HTTPRequest(url: server.url, body: Array(body.utf8)))
        let request = HTTPRequest(url: server.url + "/second", body: Array(body.utf8))
        let error = try await failure { () throws(OutboundError) in _ = try await client.send(request) }
        #expect(error.code == .connectionReset)
        #expect(error.mayHaveBeenSent)
        #expect(arrived.all.filter { $0.contains("/second") }.count == 1)
    }

    @Test("cancelling a transfer ends it soon and says that it may have been sent")
    func cancelUnderWay() async throws {
        let arrived = Signal()
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            arrived.give()
            peer.waitForClose()
        }
        let url = server.url
        let task = Task {
            try await failure { () throws(OutboundError) in
                _ = try await localClient().send(HTTPRequest(url: url, body: [1], timeoutMilliseconds: 60_000))
            }
        }
        await arrived.wait()
        let start = ContinuousClock.now
        task.cancel()
        let error = try await task.value
        #expect(error.code == .cancelled)
        #expect(error.mayHaveBeenSent)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("cancelling a call that waits for a thread returns at once, and nothing was sent")
    func cancelWhileWaiting() async throws {
        let arrived = Signal()
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            arrived.give()
            peer.waitForClose()
        }
        let (client, url) = (localClient(maxConcurrent: 1), server.url)
        let first = Task { try? await client.send(HTTPRequest(url: url, body: [1], timeoutMilliseconds: 60_000)) }
        await arrived.wait()
        let second = Task {
            try await failure { () throws(OutboundError) in _ = try await client.send(HTTPRequest(url: url, body: [2])) }
        }
        while client.waitingRequests == 0 { await Task.yield() }
        let start = ContinuousClock.now
        second.cancel()
        let error = try await second.value
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(error.code == .cancelled)
        #expect(!error.mayHaveBeenSent)
        first.cancel()
        _ = await first.value
        #expect(server.connections == 1)
    }

    @Test("waiting for a thread counts against the time-out")
    func timeoutWhileWaiting() async throws {
        let arrived = Signal()
        let server = try LocalServer { peer, _ in
            _ = peer.readRequest()
            arrived.give()
            peer.waitForClose()
        }
        let (client, url) = (localClient(maxConcurrent: 1), server.url)
        // Long enough to hold the only thread however busy the machine is.
        let first = Task { try? await client.send(HTTPRequest(url: url, body: [1], timeoutMilliseconds: 60_000)) }
        await arrived.wait()
        let request = HTTPRequest(url: url, body: [2], timeoutMilliseconds: 50)
        let error = try await failure { () throws(OutboundError) in _ = try await client.send(request) }
        #expect(error.code == .timeout)
        #expect(!error.mayHaveBeenSent)
        first.cancel()
        #expect(await first.value == nil)
        #expect(server.connections == 1)
    }
}

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Models
import ServiceLifecycle
import TestKit
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(10))) struct AdminServerTests {
    @Test("health is about the process, ready about what it needs, metrics in Prometheus' text")
    func routes() async throws {
        try await Harness.run { harness in
            let runtime = harness.runtime
            runtime.health.register("always") { .ok("fine") }
            let application = Application(router: AdminServer(runtime: runtime).router())
            try await application.test(.router) { client in
                try await client.execute(uri: "/health", method: .get) { #expect(String(buffer: $0.body) == #"{"status":"ok"}"#) }
                try await client.execute(uri: "/ready", method: .get) { #expect($0.status == .serviceUnavailable) }
                await runtime.health.refresh()
                try await client.execute(uri: "/ready", method: .get) { response in
                    #expect(response.status == .ok)
                    let root = try JSONDocument.parse(Array(response.body.readableBytesView)).root
                    #expect(root["status"]?.string == "ready")
                    #expect(root["dependencies"]?["postgres"]?["ok"]?.bool == true)
                    #expect(root["dependencies"]?["kafka"]?["ok"]?.bool == true)
                    #expect(root["dependencies"]?["always"]?["detail"]?.string == "fine")
                }
                try harness.broker.down()
                try await eventually("kafka seen away") {
                    await runtime.health.refresh()
                    return !runtime.health.isReady
                }
                try await client.execute(uri: "/ready", method: .get) { response in
                    #expect(response.status == .serviceUnavailable)
                    #expect(String(buffer: response.body).contains(#""kafka":{"ok":false"#))
                }
                try await client.execute(uri: "/metrics", method: .get) { response in
                    #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                    #expect(String(buffer: response.body).contains("process_resident_memory_bytes"))
                }
            }
        }
    }

    @Test("a check that hangs makes the process unready, and nobody waits for it")
    func hangingCheck() async {
        let registry = HealthRegistry()
        registry.register("stuck") { .ok }
        await registry.refresh()
        #expect(registry.isReady)
        let later = SystemClock.now().adding(seconds: 10)
        #expect(registry.statuses(now: later).first?.status.isOK == false)
    }

    @Test("a request that takes too long is answered with 408 and its connection closed, even while its body still trickles in")
    func deadline() async throws {
        let router = Router()
        router.add(middleware: RequestDeadlineMiddleware(seconds: 1))
        router.get("slow") { _, _ in
            try await Task.sleep(for: .seconds(600))
            return "never"
        }
        router.get("fast") { _, _ in "at once" }
        router.post("upload") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            return "\(body.readableBytes)"
        }
        let application = Application(
            router: router, server: httpServerConfiguration(), configuration: httpApplicationConfiguration(host: "127.0.0.1", port: 0))
        try await application.test(.live) { client in
            try await client.execute(uri: "/fast", method: .get) { #expect(String(buffer: $0.body) == "at once") }
            let port = try #require(client.port)
            let answer = await TrickleClient.post("/upload", port: port, announcedBytes: 1000, milliseconds: 50)
            #expect(answer.text.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.isClosed)
            // Last, because it costs the client its connection.
            try await client.execute(uri: "/slow", method: .get) { #expect($0.status == .requestTimeout) }
        }
    }

    @Test("headers beyond the limit are refused, ordinary ones are not")
    func headerLimits() async throws {
        let router = Router()
        router.get("page") { _, _ in "hello" }
        let application = Application(
            router: router, server: httpServerConfiguration(), configuration: httpApplicationConfiguration(host: "127.0.0.1", port: 0))
        func status(headerBytes: Int, fields: Int) async -> HTTPResponse.Status? {
            // A server that closes the connection instead of answering has refused as well.
            try? await application.test(.live) { client in
                var headers = HTTPFields()
                for number in 0..<fields {
                    guard let name = HTTPField.Name("x-\(number)") else { continue }
                    headers[name] = String(repeating: "a", count: headerBytes)
                }
                return try await client.execute(uri: "/page", method: .get, headers: headers) { $0.status }
            }
        }
        #expect(await status(headerBytes: 8000, fields: 2) == .ok)
        #expect(await status(headerBytes: 20_000, fields: 1) != .ok)
        #expect(await status(headerBytes: 10_000, fields: 5) != .ok)
        #expect(await status(headerBytes: 1, fields: 200) != .ok)
    }

    @Test("the whole service starts in process on a free port and stops when told")
    func wholeService() async throws {
        try await Harness.run { harness in
            let admin = AdminServer(runtime: harness.runtime)
            try await harness.serving(admin, HealthMonitor(registry: harness.runtime.health)) {
                try await eventually("listening") { admin.port ?? 0 > 0 }
                try await eventually("ready") { harness.runtime.health.isReady }
            }
        }
    }
}

import Outbound
import Testing

@testable import Outbound

@Suite(.timeLimit(.minutes(10)))
struct AddressPolicyTests {
    /// Ways to write this machine, the site, or the cloud's metadata service.
    static let spellings = [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001", "127.0.0.1.",
        "127.255.255.254",
        "localhost", "localhost.", "LOCALHOST", "0", "0.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]",
        "[ff02::1]", "[2001:db8::1]", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.168.257", "100.64.0.1",
        "100.127.255.255", "169.254.169.254", "169.254.43518", "2852039166", "0xa9.0xfe.0xa9.0xfe", "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "127。0。0。1", "①②⑦.0.0.1",
    ]

    /// Public addresses only, but any scheme and port: so that only the address can be what is refused.
    static var publicOnly: AddressPolicy {
        var policy = AddressPolicy()
        policy.allowPlainText = true
        policy.allowedPorts = nil
        return policy
    }

    @Test("no spelling of a private address gets a connection", arguments: spellings)
    func privateAddress(host: String) async throws {
        let canary = try LocalServer { peer, _ in
            _ = peer.readRequest()
            peer.answer(200)
        }
        let client = HTTPClient(policy: Self.publicOnly, logger: quiet)
        let request = HTTPRequest(url: "http://\(host):\(canary.port)/SECRET", body: [1], timeoutMilliseconds: 5_000)
        let error = try await failure { () throws(OutboundError) in _ = try await client.send(request) }
        // Some spellings are no host at all for libcurl or the resolver; a connection attempt would be .connect or .timeout.
        #expect([.addressRefused, .invalidRequest, .resolve].contains(error.code), "\(error)")
        #expect(!error.mayHaveBeenSent)
        #expect(!"\(error)".contains("SECRET"))
        #expect(canary.connections == 0)
    }

    @Test(
        "the plain spellings are refused for their address, not for something else",
        arguments: ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "localhost"])
    func refusedForTheAddress(host: String) async throws {
        let client = HTTPClient(policy: Self.publicOnly, logger: quiet)
        let error = try await failure { () throws(OutboundError) in _ = try await client.send(HTTPRequest(url: "http://\(host):81/")) }
        #expect(error.code == .addressRefused, "\(error)")
        #expect(!error.isRetriable)
    }

    @Test("the canary does answer those who may reach it", arguments: ["127.0.0.1", "127.1", "localhost"])
    func canaryWorks(host: String) async throws {
        let canary = try LocalServer { peer, _ in
            _ = peer.readRequest()
            peer.answer(200)
        }
        let request = HTTPRequest(url: "http://\(host):\(canary.port)/", body: [1])
        #expect(try await localClient().send(request).status == 200)
        let listed = HTTPClient(policy: AddressPolicy(allowedHosts: ["127.0.0.1", "localhost"]), logger: quiet)
        #expect(try await listed.send(request).status == 200)
    }

    @Test("cloud metadata stays out of reach even where private addresses are allowed", arguments: ["169.254.169.254", "[fe80::1]", "0"])
    func metadata(host: String) async throws {
        let error = try await failure { () throws(OutboundError) in
            _ = try await localClient().send(HTTPRequest(url: "http://\(host):81/"))
        }
        #expect(error.code == .addressRefused)
    }

    @Test(
        "without private addresses only https on its ports, before any look-up",
        arguments: ["http://hooks.example/", "https://hooks.example:8080/", "https://hooks.example:22/"])
    func schemeAndPort(url: String) async throws {
        let client = HTTPClient(policy: AddressPolicy(), logger: quiet)
        let error = try await failure { () throws(OutboundError) in _ = try await client.send(HTTPRequest(url: url)) }
        #expect(error.code == .addressRefused)
    }

    @Test(
        "URLs that are no web address, or hide their host, are refused",
        arguments: [
            "https://good.example@127.0.0.1/", "https://user:SECRET@hooks.example/", "ftp://127.0.0.1/SECRET", "file:///etc/SECRET",
            "gopher://127.0.0.1/SECRET", "smtp://127.0.0.1/", "/relative/SECRET", "", "https://", "http://127.0.0.1 SECRET/",
            "http://127.0.0.1/\r\nX-SECRET: 1", "http://127.0.0.1:99999/", "http://127.0.0.1/\0SECRET", "http://[::1/",
        ])
    func badURL(url: String) async throws {
        let error = try await failure { () throws(OutboundError) in _ = try await localClient().send(HTTPRequest(url: url)) }
        #expect([.invalidRequest, .addressRefused].contains(error.code), "\(error)")
        #expect(!"\(error)".contains("SECRET"))
    }

    @Test(
        "a header cannot smuggle another one",
        arguments: [
            Header("X", "a\r\nX-Evil: 1"), Header("X", "a\nb"), Header("X", "a\0b"), Header("X\r\nY", "a"), Header("X Y", "a"),
            Header("", "a"), Header("X:", "a"),
        ])
    func badHeader(header: Header) async throws {
        let server = try LocalServer { peer, _ in peer.waitForClose() }
        let url = server.url
        let request = HTTPRequest(url: url, headers: [header], body: [1])
        let error = try await failure { () throws(OutboundError) in _ = try await localClient().send(request) }
        #expect(error.code == .invalidRequest)
        #expect(server.connections == 0)
    }

    @Test("a method cannot smuggle a request line, an oversized body is refused")
    func badMethodAndSize() async throws {
        let method = HTTPRequest(method: "GET / HTTP/1.1\r\nX:", url: "http://127.0.0.1:81/")
        let large = HTTPRequest(url: "http://127.0.0.1:81/", body: [UInt8](repeating: 0, count: HTTPClient.maxRequestBytes + 1))
        #expect(try await failure { () throws(OutboundError) in _ = try await localClient().send(method) }.code == .invalidRequest)
        #expect(try await failure { () throws(OutboundError) in _ = try await localClient().send(large) }.code == .bodyTooLarge)
    }

    @Test(
        "public addresses are open, neighbours of the special ranges included",
        arguments: [
            IPAddress.v4(0x0101_0101), .v4(0x0900_0001), .v4(0x0B00_0000), .v4(0x643F_FFFF), .v4(0x6480_0000), .v4(0xA9FD_FFFF),
            .v4(0xA9FF_0000), .v4(0xAC0F_FFFF), .v4(0xAC20_0000), .v4(0xC0A7_FFFF), .v4(0xC0A9_0000), .v4(0xC611_FFFF),
            .v4(0xC614_0000), .v4(0xDFFF_FFFF), .v6(high: 0x2606_4700_4700_0000, low: 0x1111), .v6(high: 0x2A00_1450_4001_0000, low: 1),
        ])
    func open(address: IPAddress) { #expect(address.reach == .open) }

    @Test(
        "link-local, multicast and unspecified are never reached, whatever they are wrapped in",
        arguments: [
            IPAddress.v4(0), .v4(0xA9FE_A9FE), .v4(0xE000_0001), .v4(0xFFFF_FFFF), .v6(high: 0, low: 0),
            .v6(high: 0, low: 0xFFFF_A9FE_A9FE), .v6(high: 0x0064_FF9B_0000_0000, low: 0xA9FE_A9FE),
            .v6(high: 0x2002_A9FE_A9FE_0000, low: 0),
            .v6(high: 0xFE80_0000_0000_0000, low: 1), .v6(high: 0xFEBF_0000_0000_0000, low: 1), .v6(high: 0xFF02_0000_0000_0000, low: 1),
        ])
    func never(address: IPAddress) { #expect(address.reach == .never) }
}

import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ServiceKit
import Store
import Testing

@testable import console

@Suite struct AccessTests {
    @Test func aKeyThatIsMissingUnknownExpiredOrRevokedGets401() async throws {
        try await Fixture.run { fixture in
            let (expired, revoked) = try await fixture.runtime.pool.withConnection { connection in
                let (expiredID, expired) = try await KeyStore.create(.api, name: "old", team: fixture.team, source: nil, in: connection)
                _ = try await KeyStore.rotate(expiredID, graceEnds: Fixture.now, now: Fixture.now, in: connection)
                _ = try await connection.query("UPDATE access_keys SET expires_at = $2 WHERE id = $1", [expiredID, Fixture.now])
                let (revokedID, revoked) = try await KeyStore.create(.api, name: "gone", team: fixture.team, source: nil, in: connection)
                _ = try await KeyStore.revoke(revokedID, now: Fixture.now, in: connection)
                return (expired, revoked)
            }
            await fixture.refreshKeys()
            try await fixture.test { client in
                let paths = Routes.all.filter { $0.access == .key }.map { ($0.method, Self.example($0, id: "1")) }
                for (method, path) in paths {
                    for key in [nil, AccessToken.random(.api), expired, revoked, fixture.ingestKey, AccessToken("")] {
                        let reply = try await client.call(method, path, key: key)
                        #expect(reply.status == 401, "\(path)")
                        #expect(reply.header("WWW-Authenticate") == #"Bearer realm="tocsin""#)
                        #expect(try reply.json()["code"]?.string == "unauthorized")
                    }
                }
                let cookie = try await client.signIn(fixture.key)
                #expect(try await client.call(.get, "/api/incidents", ["Cookie": cookie]).status == 401)
            }
        }
    }

    @Test func aKeyHasARateOfItsOwnAndEveryAnswerSaysWhereItStands() async throws {
        try await Fixture.run(["TOCSIN_CONSOLE_KEY_RATE_PER_S": "1", "TOCSIN_CONSOLE_KEY_BURST": "3"]) { fixture in
            try await fixture.test { client in
                for left in [2, 1, 0] {
                    let reply = try await client.call(.get, "/api/teams/me", key: fixture.key)
                    #expect(reply.status == 200 && reply.header("RateLimit-Limit") == "3")
                    #expect(reply.header("RateLimit-Remaining") == "\(left)")
                    #expect(reply.header("RateLimit-Reset") == (left == 0 ? "1" : "0"))
                }
                let refused = try await client.call(.get, "/api/teams/me", key: fixture.key)
                #expect(refused.status == 429 && refused.header("Retry-After") == "1")
                #expect(try refused.json()["code"]?.string == "rate_limited")
                // Signing in is open; what the browser then asks for counts for its key.
                let cookie = try await client.signIn(fixture.key)
                #expect(try await client.call(.get, "/", ["Cookie": cookie]).status == 429)
                #expect(try await client.call(.get, "/api/teams/me", key: fixture.otherKey).status == 200)
            }
        }
    }

    @Test func compressedBodiesAreRefusedUnread() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                let path = "/api/incidents/1/resolve"
                let reply = try await client.call(.post, path, key: fixture.key, body: "{}", ["Content-Encoding": "gzip"])
                #expect(reply.status == 415 && reply.header("Connection") == "close")
                #expect(try await client.call(.post, path, key: fixture.key, body: "{}", ["Content-Encoding": "identity"]).status == 404)
            }
        }
    }

    /// Every route with every id of the other team: 404, and no byte of theirs in any answer.
    @Test func nothingOfAnotherTeamIsSeenOrChanged() async throws {
        try await Fixture.run { fixture in
            let marker = Fixture.marker
            try await fixture.incident("Ours")
            let theirs = try await fixture.incident(
                "Title \(marker)", team: fixture.otherTeam, labels: ["service": marker], description: marker)
            try await fixture.alert(of: theirs, fingerprint: marker, labels: ["alertname": marker])
            try await fixture.delivery(of: theirs, channel: marker, error: marker)
            try await fixture.test { client in
                let cookie = try await client.signIn(fixture.key)
                let token = try #require(try await client.call(.get, "/", ["Cookie": cookie]).text.formToken)
                for route in Routes.all where route.access != .open && route.pattern != "/sign-out" {
                    for id in ["\(theirs.id)", "\(theirs.number)"] {
                        let path = Self.example(route, id: id)
                        let reply: Reply
                        if route.access == .key {
                            reply = try await client.call(route.method, path, key: fixture.key)
                        } else if route.method == .post {
                            reply = try await client.call(
                                .post, path, body: "form_token=\(token)", client.forms.merging(["Cookie": cookie]) { $1 })
                        } else {
                            reply = try await client.call(.get, path, ["Cookie": cookie])
                        }
                        #expect(reply.status == (route.pattern.contains("{") ? 404 : 200), "\(route.method) \(path)")
                        #expect(!reply.text.contains(marker), "\(route.method) \(path)")
                    }
                }
                for path in ["/api/incidents?q=\(marker)", "/api/incidents?service=\(marker)", "/api/alerts?incident_id=\(theirs.id)"] {
                    let reply = try await client.call(.get, path, key: fixture.key)
                    #expect(try reply.json()["total"]?.int == 0 && !reply.text.contains(marker))
                }
            }
            #expect(try await fixture.status(of: theirs) == "open")
        }
    }

    @Test func everyAnswerCarriesTheSecurityHeaders() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                let cookie = try await client.signIn(fixture.key)
                var replies = [try await client.call(.get, "/nowhere"), try await client.call(.get, "/api/nowhere")]
                for route in Routes.all where route.pattern != "/sign-out" {
                    replies.append(try await client.call(route.method, Self.example(route, id: "1"), key: fixture.key, ["Cookie": cookie]))
                    replies.append(try await client.call(route.method, Self.example(route, id: "1")))
                }
                for reply in replies {
                    #expect(reply.header("Content-Security-Policy") == SecurityHeaders.contentSecurityPolicy)
                    #expect(reply.header("X-Content-Type-Options") == "nosniff" && reply.header("X-Frame-Options") == "DENY")
                    #expect(reply.header("X-Request-Id")?.isEmpty == false && reply.header("Server") == nil)
                    let isAsset = reply.header("Content-Type")?.hasPrefix("text/css") == true
                    #expect(reply.header("Cache-Control") == (isAsset ? "public, max-age=31536000, immutable" : "no-store"))
                }
            }
        }
    }

    @Test func unknownPathsAndMethodsAreToldApart() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                #expect(try await client.call(.get, "/api/nothing").status == 404)
                let page = try await client.call(.get, "/nothing")
                #expect(page.status == 404 && page.text.contains("Nothing is here"))
                let wrong = try await client.call(.delete, "/api/incidents", key: fixture.key)
                #expect(wrong.status == 405 && wrong.header("Allow") == "GET, HEAD")
                #expect(try await client.call(.get, "/api/incidents/1/resolve", key: fixture.key).header("Allow") == "POST")
                let head = try await client.call(.head, "/health")
                #expect(head.status == 200 && head.text.isEmpty)
                #expect(try await client.call(.get, "/health").json()["status"]?.string == "ok")
                let ready = try await client.call(.get, "/ready")
                #expect(try ready.json()["dependencies"]?["postgres"] != nil)
                for id in ["a b", String(repeating: "x", count: 65), "a\u{1B}[31m", "x\"y"] {
                    #expect(try await client.call(.get, "/health", ["X-Request-Id": id]).header("X-Request-Id") != id)
                }
            }
        }
    }

    /// A path that matches the route.
    static func example(_ route: Route, id: String) -> String { route.pattern.replacing("{id}", with: id) }
}

extension TestClientProtocol {
    var forms: [String: String] { Self.formHeaders }
}

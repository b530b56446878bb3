import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import Models
import Postgres
import ServiceKit
import Store
import Testing

@testable import console

@Suite struct PageTests {
    @Test func pagesLeadToTheSignInAndBack() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                for path in ["/", "/incidents?status=open", "/incidents/1", "/alerts"] {
                    let reply = try await client.call(.get, path)
                    #expect(reply.status == 303 && reply.header("Location")?.hasPrefix("/sign-in") == true)
                }
                #expect(
                    try await client.call(.get, "/incidents?status=open").header("Location") == "/sign-in?next=%2Fincidents%3Fstatus%3Dopen"
                )
                let form = try await client.call(.get, "/sign-in?next=//evil.example")
                #expect(form.status == 200 && !form.text.contains("evil.example"))
                let done = try await client.call(
                    .post, "/sign-in", body: "key=+\(fixture.key.text)%0A&next=%2Fincidents%3Fstatus%3Dopen", client.forms)
                #expect(done.status == 303 && done.header("Location") == "/incidents?status=open")
                let cookie = try #require(done.header("Set-Cookie"))
                #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"))
                #expect(!cookie.contains(fixture.key.text))
                #expect(try await client.call(.get, "/", ["Cookie": String(cookie.prefix { $0 != ";" })]).status == 200)
            }
            #expect(try await fixture.count("SELECT count(*) FROM console_sessions WHERE length(id_hash) = 32") == 1)
        }
    }

    @Test func aWrongKeyOrAForeignFormDoesNotSignIn() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                for key in ["", "tk_api_nope", fixture.ingestKey.text] {
                    let reply = try await client.call(.post, "/sign-in", body: "key=\(key)", client.forms)
                    #expect(reply.status == 403 && reply.header("Set-Cookie") == nil && reply.text.contains("no valid API key"))
                    #expect(key.isEmpty || !reply.text.contains(key))
                }
                var foreign = client.forms
                foreign["Origin"] = "http://evil.example"
                #expect(try await client.call(.post, "/sign-in", body: "key=\(fixture.key.text)", foreign).status == 403)
                #expect(
                    try await client.call(.post, "/sign-in", body: "{}", ["Origin": "http://\(Fixture.host)"]).status
                        == 415)
            }
            #expect(try await fixture.count("SELECT count(*) FROM console_sessions") == 0)
        }
    }

    @Test func aSessionEndsWithSignOutItsTimeOrItsKey() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                let cookie = try await client.signIn(fixture.key)
                let token = try #require(try await client.call(.get, "/", ["Cookie": cookie]).text.formToken)
                let out = try await client.call(
                    .post, "/sign-out", body: "form_token=\(token)", client.forms.merging(["Cookie": cookie]) { $1 })
                #expect(out.status == 303 && out.header("Set-Cookie")?.contains("Max-Age=0") == true)
                #expect(try await client.call(.get, "/", ["Cookie": cookie]).status == 303)

                let old = try await client.signIn(fixture.key)
                _ = try await fixture.runtime.pool.query(
                    "UPDATE console_sessions SET created_at = $1::timestamptz - interval '1 day', expires_at = $1", [Fixture.now])
                #expect(try await client.call(.get, "/", ["Cookie": old]).status == 303)

                let next = try await client.signIn(fixture.key)
                #expect(try await client.call(.get, "/", ["Cookie": next]).status == 200)
                _ = try await fixture.runtime.pool.withConnection { try await KeyStore.revoke(fixture.keyID, now: Fixture.now, in: $0) }
                #expect(try await client.call(.get, "/", ["Cookie": next]).status == 303)
                for junk in ["tocsin_session=", "tocsin_session=abc", "tocsin_session=\(String(repeating: "A", count: 43))"] {
                    #expect(try await client.call(.get, "/", ["Cookie": junk]).status == 303)
                }
            }
        }
    }

    @Test func buttonsNeedTokenAndOrigin() async throws {
        try await Fixture.run { fixture in
            let incident = try await fixture.incident("Disk full")
            try await fixture.test { client in
                let cookie = try await client.signIn(fixture.key)
                let token = try #require(try await client.call(.get, "/incidents/\(incident.number)", ["Cookie": cookie]).text.formToken)
                let stranger = try await client.signIn(fixture.key)
                let wrongToken = try #require(try await client.call(.get, "/", ["Cookie": stranger]).text.formToken)
                let good = client.forms.merging(["Cookie": cookie]) { $1 }
                let cases: [(body: String, changes: [String: String?], status: Int)] = [
                    ("", [:], 403), ("form_token=", [:], 403), ("form_token=\(wrongToken)", [:], 403),
                    ("form_token=\(token)", ["Origin": "http://evil.example"], 403), ("form_token=\(token)", ["Origin": "null"], 403),
                    ("form_token=\(token)", ["Origin": nil], 403), ("form_token=\(token)", ["Sec-Fetch-Site": "cross-site"], 403),
                    ("form_token=\(token)", ["Content-Type": "text/plain"], 415),
                ]
                for (body, changes, status) in cases {
                    var headers = good
                    for (name, value) in changes { headers[name] = value }
                    for action in ["acknowledge", "resolve"] {
                        let reply = try await client.call(.post, "/incidents/\(incident.number)/\(action)", body: body, headers)
                        #expect(reply.status == status, "\(action) \(body) \(changes)")
                    }
                }
                #expect(try await fixture.status(of: incident) == "open")
                let path = "/incidents/\(incident.number)"
                let done = try await client.call(.post, "\(path)/acknowledge", body: "form_token=\(token)&assignee_id=ada", good)
                #expect(done.status == 303 && done.header("Location") == path)
                let page = try await client.call(.get, path, ["Cookie": cookie])
                #expect(page.text.contains("assigned to ada") && !page.text.contains("\(path)/acknowledge"))
                let late = try await client.call(.post, "\(path)/acknowledge", body: "form_token=\(token)", good)
                #expect(late.status == 409 && late.text.contains("already acknowledged by ada"))
            }
        }
    }

    @Test func listsShowWhatTheyFilter() async throws {
        try await Fixture.run { fixture in
            for index in 0..<60 { try await fixture.incident("Trouble \(index)", severity: index == 7 ? .critical : .low) }
            try await fixture.test { client in
                let cookie = ["Cookie": try await client.signIn(fixture.key)]
                let all = try await client.call(.get, "/incidents", cookie).text
                #expect(all.contains("60 incidents") && all.contains("rel=\"next\""))
                let worst = try await client.call(.get, "/incidents?severity=critical&q=trouble&status=&assignee=", cookie).text
                #expect(worst.contains("1 incident<") && worst.contains("Trouble 7") && !worst.contains("rel=\"next\""))
                let front = try await client.call(.get, "/", cookie).text
                #expect(front.contains("60 incidents wait for somebody") && front.contains("Trouble 7"))
                #expect(try await client.call(.get, "/incidents?limit=0", cookie).status == 400)
                let alerts = try await client.call(.get, "/alerts", cookie).text
                #expect(alerts.contains("0 alerts") && alerts.contains("No alert matches."))
            }
        }
    }

    @Test func withAPublicAddressCookiesAreSecureAndOnlyThatOriginCounts() async throws {
        try await Fixture.run(["TOCSIN_CONSOLE_PUBLIC_URL": "https://tocsin.example/"]) { fixture in
            try await fixture.test { client in
                var headers = client.forms
                #expect(try await client.call(.post, "/sign-in", body: "key=\(fixture.key.text)", headers).status == 403)
                headers["Origin"] = "https://tocsin.example"
                let done = try await client.call(.post, "/sign-in", body: "key=\(fixture.key.text)", headers)
                #expect(done.header("Set-Cookie")?.hasPrefix("__Host-tocsin_session=") == true)
                #expect(done.header("Set-Cookie")?.hasSuffix("; Secure") == true)
                #expect(done.header("Strict-Transport-Security") != nil)
            }
        }
    }
}

import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Testing

@testable import console

@Suite struct ActionTests {
    @Test func acknowledgeThenResolveChangesTheIncidentAndPublishes() async throws {
        try await Fixture.run { fixture in
            let incident = try await fixture.incident("Disk full")
            try await fixture.test { client in
                let path = "/api/incidents/\(incident.id)"
                let taken = try await client.call(
                    .post, "\(path)/acknowledge", key: fixture.key, body: #"{"assignee_id":"ada","team_id":"x"}"#)
                #expect(taken.status == 200, "\(taken.text)")
                #expect(try taken.json()["status"]?.string == "acknowledged" && taken.json()["assigneeId"]?.string == "ada")
                let again = try await client.call(.post, "\(path)/acknowledge", key: fixture.key)
                #expect(again.status == 409)
                #expect(
                    try again.json()["code"]?.string == "already_acknowledged" && again.json()["error"]?.string?.contains("ada") == true)
                let done = try await client.call(.post, "/api/incidents/\(incident.number)/resolve", key: fixture.key)
                #expect(try done.status == 200 && done.json()["status"]?.string == "resolved")
                #expect(try await client.call(.post, "\(path)/resolve", key: fixture.key).status == 409)
                #expect(try await client.call(.post, "\(path)/acknowledge", key: fixture.key).json()["code"]?.string == "already_resolved")
                let detail = try await client.call(.get, path, key: fixture.key).json()
                #expect(detail["events"]?.elements.map { $0["actor"]?.string } == ["system:alert-grouper", "key:ops-cli", "key:ops-cli"])
            }
            #expect(try await fixture.count("SELECT count(*) FROM incident_events") == 3)
            // Published at once: nothing is left for the relay.
            #expect(try await fixture.count("SELECT count(*) FROM outbox") == 0)
        }
    }

    @Test func theSameIdempotencyKeyActsOnce() async throws {
        try await Fixture.run { fixture in
            let incident = try await fixture.incident("Disk full")
            let other = try await fixture.incident("Other")
            try await fixture.test { client in
                let header = ["Idempotency-Key": "wish-1"]
                for _ in 0..<3 {
                    let reply = try await client.call(.post, "/api/incidents/\(incident.id)/acknowledge", key: fixture.key, header)
                    #expect(try reply.status == 200 && reply.json()["sequence"]?.int == 2)
                }
                for path in ["/api/incidents/\(other.id)/acknowledge", "/api/incidents/\(incident.id)/resolve"] {
                    let reply = try await client.call(.post, path, key: fixture.key, header)
                    #expect(try reply.status == 409 && reply.json()["code"]?.string == "idempotency_key_reused", "\(path)")
                }
                let long = ["Idempotency-Key": String(repeating: "k", count: 201)]
                #expect(try await client.call(.post, "/api/incidents/\(other.id)/resolve", key: fixture.key, long).status == 400)
            }
            #expect(try await fixture.status(of: other) == "open")
            #expect(try await fixture.status(of: incident) == "acknowledged")
            #expect(try await fixture.count("SELECT count(*) FROM incident_events") == 3)
        }
    }

    private static let wrongBodies = [
        ("[1]", "application/json", 400), ("{", "application/json", 400), (#"{"assignee_id":7}"#, "application/json", 400),
        (#"{"assignee_id":""}"#, "application/json", 400), (#"{"assignee_id":"a\nb"}"#, "application/json", 400),
        (#"{"assignee_id":"ada"}"#, "text/plain", 415), ("assignee_id=ada", "application/x-www-form-urlencoded", 415),
        (String(repeating: " ", count: 65_537), "application/json", 413),
    ]

    @Test func aWrongBodyChangesNothing() async throws {
        try await Fixture.run { fixture in
            let incident = try await fixture.incident("Disk full")
            try await fixture.test { client in
                for (body, type, status) in Self.wrongBodies {
                    let reply = try await client.call(
                        .post, "/api/incidents/\(incident.id)/acknowledge", key: fixture.key, body: body, ["Content-Type": type])
                    #expect(reply.status == status, "\(reply.text)")
                    #expect(try reply.json()["requestId"]?.string?.isEmpty == false)
                }
            }
            #expect(try await fixture.status(of: incident) == "open")
        }
    }
}

import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Testing

@testable import console

@Suite struct ReadingTests {
    @Test func filtersNarrowTheList() async throws {
        try await Fixture.run { fixture in
            try await fixture.incident("Disk full on db-1", severity: .critical, labels: ["service": "db"])
            try await fixture.incident("Latency 100%_high", severity: .low, labels: ["service": "web"])
            try await fixture.incident("Disk slow", severity: .low)
            try await fixture.test { client in
                for (query, total) in [
                    ("", 3), ("?severity=critical", 1), ("?severity=critical,low", 3), ("?status=open", 3), ("?status=resolved", 0),
                    ("?service=web", 1), ("?q=disk", 2), ("?q=100%25_", 1), ("?q=%25", 1), ("?q=_high", 1), ("?assignee=ada", 0),
                    ("?q=%5C", 0), ("?status=&q=", 3),
                ] {
                    let reply = try await client.call(.get, "/api/incidents\(query)", key: fixture.key)
                    #expect(reply.status == 200, "\(query): \(reply.text)")
                    let json = try reply.json()
                    #expect(json["total"]?.int == Int64(total), "\(query)")
                    #expect(json["incidents"]?.count == total, "\(query)")
                    #expect(json["nextCursor"]?.isNull == true)
                }
            }
        }
    }

    private static let orders = [
        "created_at", "created_at-desc", "created_at-asc", "created_at+asc", "updated_at", "updated_at-asc", "updated_at+desc",
    ]

    @Test func cursorsWalkTheWholeListOnce() async throws {
        try await Fixture.run { fixture in
            var ids: Set<String> = []
            // Groups of equal times: the id decides there.
            for index in 0..<11 { ids.insert(try await fixture.incident("i\(index)", secondsAgo: 60 + index / 3).id.description) }
            let expected = ids
            try await fixture.test { client in
                for order in Self.orders {
                    var seen: [String] = []
                    var times: [String] = []
                    var path = "/api/incidents?limit=2&order=\(order)"
                    while true {
                        let json = try await client.call(.get, path, key: fixture.key).json()
                        for incident in json["incidents"]?.elements.map(\.self) ?? [] {
                            seen.append(incident["id"]?.string ?? "")
                            times.append(incident["createdAt"]?.string ?? "")
                        }
                        #expect(json["total"]?.int == 11)
                        guard let cursor = json["nextCursor"]?.string, seen.count < 30 else { break }
                        path = "/api/incidents?limit=2&order=\(order)&cursor=\(cursor)"
                    }
                    #expect(seen.count == 11 && Set(seen) == expected)
                    #expect(times == (order.hasSuffix("asc") ? times.sorted(by: <) : times.sorted(by: >)))
                }
            }
        }
    }

    @Test func limitAndOffsetPageTheList() async throws {
        try await Fixture.run { fixture in
            for index in 0..<5 { try await fixture.incident("i\(index)", secondsAgo: 100 - index) }
            try await fixture.test { client in
                let json = try await client.call(.get, "/api/incidents?limit=2&offset=3", key: fixture.key).json()
                #expect(json["incidents"]?.elements.map { $0["title"]?.string } == ["i1", "i0"])
                #expect(json["total"]?.int == 5 && json["nextCursor"]?.isNull == true)
            }
        }
    }

    private static let wrong = [
        ("/api/incidents?limit=0", "limit"), ("/api/incidents?limit=1001", "limit"), ("/api/incidents?limit=x", "limit"),
        ("/api/incidents?offset=-1", "offset"), ("/api/incidents?order=title", "order"),
        ("/api/incidents?order=created_at;drop", "order"), ("/api/incidents?order=created_at-asc,id", "order"),
        ("/api/incidents?status=burning", "status"), ("/api/incidents?severity=p1", "severity"), ("/api/incidents?cursor=abc", "cursor"),
        ("/api/incidents?wat=1", "wat"), ("/api/incidents?limit=1&limit=2", "limit"),
        ("/api/incidents?q=\(String(repeating: "a", count: 201))", "q"), ("/api/alerts?incident_id=7", "incident_id"),
        ("/api/alerts?status=open", "status"), ("/api/metrics?from=2026-02-30", "from"),
        ("/api/metrics?from=2026-02-03&to=2026-02-01", "from"), ("/api/metrics?to=21.11.2026", "to"),
        ("/api/metrics?from=1999-01-01", "from"),
    ]

    @Test func aWrongParameterIsNamedWithItsLimit() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                for (path, field) in Self.wrong {
                    let reply = try await client.call(.get, path, key: fixture.key, ["X-Request-Id": "req-1"])
                    let json = try reply.json()
                    #expect(reply.status == 400, "\(path)")
                    #expect(json["field"]?.string == field && json["code"]?.string == "invalid_parameter")
                    #expect(json["requestId"]?.string == "req-1" && reply.header("X-Request-Id") == "req-1")
                    #expect((json["error"]?.string?.count ?? 0) > 15)
                }
            }
        }
    }

    @Test func aCursorOfAnotherOrderIsRefused() async throws {
        try await Fixture.run { fixture in
            for index in 0..<3 { try await fixture.incident("i\(index)") }
            try await fixture.test { client in
                let first = try await client.call(.get, "/api/incidents?limit=1", key: fixture.key).json()
                let cursor = try #require(first["nextCursor"]?.string)
                for path in ["/api/incidents?order=updated_at&cursor=\(cursor)", "/api/alerts?cursor=\(cursor)"] {
                    #expect(try await client.call(.get, path, key: fixture.key).status == 400)
                }
                #expect(try await client.call(.get, "/api/incidents?offset=1&cursor=\(cursor)", key: fixture.key).status == 400)
            }
        }
    }

    @Test func anIncidentComesWithAlertsEventsAndDeliveries() async throws {
        try await Fixture.run { fixture in
            let incident = try await fixture.incident("Disk full")
            try await fixture.alert(of: incident, fingerprint: "f1")
            try await fixture.delivery(of: incident, channel: "ops", error: "timed out")
            try await fixture.test { client in
                for reference in ["\(incident.id)", "\(incident.number)", "\(incident.id)".uppercased()] {
                    let reply = try await client.call(.get, "/api/incidents/\(reference)", key: fixture.key)
                    let json = try reply.json()
                    #expect(reply.status == 200 && json["id"]?.string == "\(incident.id)")
                    #expect(json["alertIds"]?.count == 1 && json["alerts"]?[0]?["fingerprint"]?.string == "f1")
                    #expect(json["events"]?[0]?["kind"]?.string == "opened" && json["events"]?[0]?["alertsFired"]?.int == 1)
                    #expect(json["deliveries"]?[0]?["state"]?.string == "dead" && json["deliveries"]?[0]?["channel"]?.string == "ops")
                    #expect(!reply.text.contains("SECRETCONFIG"))
                }
                for reference in ["0", "nope", "99999999999999999999", "\(IncidentID.random())", "%27"] {
                    let reply = try await client.call(.get, "/api/incidents/\(reference)", key: fixture.key)
                    #expect(try reply.status == 404 && reply.json()["code"]?.string == "not_found", "\(reference)")
                }
                let alerts = try await client.call(.get, "/api/alerts?status=firing&incident_id=\(incident.id)", key: fixture.key).json()
                #expect(alerts["alerts"]?.count == 1 && alerts["total"]?.int == 1)
                #expect(alerts["alerts"]?[0]?["incidentId"]?.string == "\(incident.id)")
            }
        }
    }

    @Test func metricsAndTeamAnswer() async throws {
        try await Fixture.run { fixture in
            try await fixture.test { client in
                let metrics = try await client.call(.get, "/api/metrics?service=db", key: fixture.key).json()
                #expect(metrics["totalIncidents"]?.int == 0 && metrics["mtta"]?.isNull == true)
                #expect(metrics["incidentsBySeverity"]?["critical"]?.int == 0)
                let team = try await client.call(.get, "/api/teams/me", key: fixture.key).json()
                #expect(team["slug"]?.string == "ours" && team["key"]?["name"]?.string == "ops-cli")
            }
        }
    }
}

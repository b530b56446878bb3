import Models
import Postgres
import Store
import Testing

@Suite(.timeLimit(.minutes(10))) struct KeyStoreTests {
    private static let start = StoreDatabase.start

    private func directory(_ database: StoreDatabase) async throws -> KeyDirectory {
        KeyDirectory(try await database.pool.withConnection { try await KeyStore.list(in: $0) })
    }

    @Test func `a key opens for its kind and says its team and source`() async throws {
        try await StoreDatabase.with { database in
            let (id, token) = try await database.pool.withTransaction {
                try await KeyStore.create(.ingest, name: "alertmanager", team: database.team, source: "alertmanager", in: $0)
            }
            let directory = try await directory(database)
            let key = directory.key(for: AccessToken(token.text), kind: .ingest, now: KeyStoreTests.start)
            #expect(key?.id == id && key?.teamID == database.team && key?.source == "alertmanager")
            #expect(directory.key(for: token, kind: .api, now: KeyStoreTests.start) == nil)
            #expect(directory.key(for: AccessToken(token.text + "x"), kind: .ingest, now: KeyStoreTests.start) == nil)
            #expect(directory.key(for: AccessToken(""), kind: .ingest, now: KeyStoreTests.start) == nil)
        }
    }

    @Test func `after a rotation both keys are valid until the grace ends`() async throws {
        try await StoreDatabase.with { database in
            let graceEnds = KeyStoreTests.start.adding(seconds: 3600)
            let (id, old) = try await database.pool.withTransaction {
                try await KeyStore.create(.ingest, name: "am", team: database.team, source: "alertmanager", in: $0)
            }
            let rotated = try await database.pool.withTransaction {
                try await KeyStore.rotate(id, graceEnds: graceEnds, now: KeyStoreTests.start, in: $0)
            }
            let new = try #require(rotated).1
            let directory = try await directory(database)
            let before = graceEnds.adding(seconds: -1)
            #expect(directory.key(for: old, kind: .ingest, now: before) != nil)
            #expect(directory.key(for: new, kind: .ingest, now: before)?.source == "alertmanager")
            #expect(directory.key(for: old, kind: .ingest, now: graceEnds) == nil)
            #expect(directory.key(for: new, kind: .ingest, now: graceEnds.adding(seconds: 1_000_000)) != nil)
        }
    }

    @Test func `what a key wants while the broker is away is stored and survives a rotation`() async throws {
        try await StoreDatabase.with { database in
            let (id, _) = try await database.pool.withTransaction {
                try await KeyStore.create(.ingest, name: "am", team: database.team, source: nil, whenBrokerAway: .refuse, in: $0)
            }
            _ = try await database.pool.withTransaction {
                try await KeyStore.rotate(id, graceEnds: KeyStoreTests.start, now: KeyStoreTests.start, in: $0)
            }
            let (plain, _) = try await database.pool.withTransaction {
                try await KeyStore.create(.ingest, name: "plain", team: database.team, source: nil, in: $0)
            }
            let keys = try await database.pool.withConnection { try await KeyStore.list(in: $0) }
            #expect(keys.filter { $0.name == "am" }.map(\.whenBrokerAway) == [.refuse, .refuse])
            #expect(keys.first { $0.id == plain }?.whenBrokerAway == .spool)
        }
    }

    @Test func `a second rotation does not lengthen the life of the first key, and an ended key cannot be rotated`() async throws {
        try await StoreDatabase.with { database in
            let (id, _) = try await database.pool.withTransaction {
                try await KeyStore.create(.api, name: "cli", team: database.team, source: nil, in: $0)
            }
            let early = KeyStoreTests.start.adding(seconds: 10)
            for graceEnds in [early, early.adding(seconds: 100)] {
                _ = try await database.pool.withTransaction {
                    try await KeyStore.rotate(id, graceEnds: graceEnds, now: KeyStoreTests.start, in: $0)
                }
            }
            let keys = try await database.pool.withConnection { try await KeyStore.list(in: $0) }
            #expect(keys.first { $0.id == id }?.expiresAt == early)
            let late = try await database.pool.withTransaction {
                try await KeyStore.rotate(id, graceEnds: early.adding(seconds: 99), now: early, in: $0)
            }
            #expect(late == nil)
        }
    }

    @Test func `a revoked key opens no more, and is revoked once`() async throws {
        try await StoreDatabase.with { database in
            let (id, token) = try await database.pool.withTransaction {
                try await KeyStore.create(.api, name: "cli", team: database.team, source: nil, in: $0)
            }
            let first = try await database.pool.withTransaction { try await KeyStore.revoke(id, now: KeyStoreTests.start, in: $0) }
            let second = try await database.pool.withTransaction { try await KeyStore.revoke(id, now: KeyStoreTests.start, in: $0) }
            #expect(first && !second)
            #expect(try await directory(database).key(for: token, kind: .api, now: KeyStoreTests.start) == nil)
        }
    }

    @Test func `the database holds no token`() async throws {
        try await StoreDatabase.with { database in
            let (_, token) = try await database.pool.withTransaction {
                try await KeyStore.create(.ingest, name: "am", team: database.team, source: nil, in: $0)
            }
            let dump = try await database.pool.query("SELECT row_to_json(k)::text AS line FROM access_keys AS k")
            let line = try #require(try dump.first?.string("line"))
            #expect(!line.contains(token.text) && !line.contains(token.text.suffix(20)))
        }
    }

    @Test(arguments: AccessToken.Kind.allCases)
    func `tokens are long, differ and name their kind`(kind: AccessToken.Kind) {
        let tokens = (0..<100).map { _ in AccessToken.random(kind).text }
        #expect(Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0.hasPrefix("tk_\(kind.rawValue)_") && $0.utf8.count == kind.rawValue.utf8.count + 4 + 43 })
        #expect(AccessToken("abc").hash.prefix(4) == [0xba, 0x78, 0x16, 0xbf])
    }
}

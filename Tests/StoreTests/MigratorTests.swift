import Models
import Postgres
import Store
import Testing

@Suite(.timeLimit(.minutes(10))) struct MigratorTests {
    /// Everything that makes the schema, as text: columns, indexes, constraints, enums, sequences.
    private func schema(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query(
            """
            -- schema as text
            SELECT line FROM (
                SELECT format('column %s.%s %s %s %s', table_name, column_name, udt_name, is_nullable, column_default) AS line
                FROM information_schema.columns WHERE table_schema = 'public'
                UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
                UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
                UNION ALL SELECT format('enum %s %s', enumtypid::regtype, enumlabel) FROM pg_enum
                UNION ALL SELECT 'sequence ' || sequence_name FROM information_schema.sequences WHERE sequence_schema = 'public'
                UNION ALL SELECT format('storage %s %s', relname, reloptions) FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            ) AS lines ORDER BY line
            """
        ).map { try $0.string("line") }
    }

    @Test func `up, down to nothing and up again give the same schema`() async throws {
        try await StoreDatabase.withEmpty { connection, _ in
            let migrator = Migrator()
            let applied = try await migrator.up(connection)
            let first = try await schema(connection)
            let reverted = try await migrator.down(connection, to: 0)
            let empty = try await schema(connection)
            _ = try await migrator.up(connection)
            #expect(applied.map(\.version) == Array(1...Migration.latestVersion))
            #expect(reverted.map(\.version) == applied.map(\.version).reversed())
            #expect(first.count > 100)
            #expect(empty.allSatisfy { $0.contains("schema_migrations") })
            #expect(try await schema(connection) == first)
        }
    }

    @Test func `every single step can be taken back and taken again`() async throws {
        try await StoreDatabase.withEmpty { connection, _ in
            let migrator = Migrator()
            for version in 1...Migration.latestVersion {
                let before = try await schema(connection).filter { !$0.contains("schema_migrations") }
                _ = try await migrator.up(connection, to: version)
                let after = try await schema(connection)
                _ = try await migrator.down(connection, to: version - 1)
                #expect(try await schema(connection).filter { !$0.contains("schema_migrations") } == before, "down of \(version)")
                _ = try await migrator.up(connection, to: version)
                #expect(try await schema(connection) == after, "second up of \(version)")
            }
        }
    }

    @Test func `up twice does nothing the second time, and the status says when`() async throws {
        try await StoreDatabase.withEmpty { connection, _ in
            let migrator = Migrator()
            #expect(try await migrator.status(connection).allSatisfy { $0.appliedAt == nil })
            _ = try await migrator.up(connection, to: 2)
            #expect(
                try await migrator.status(connection).map { $0.appliedAt != nil } == [true, true]
                    + Array(repeating: false, count: Migration.latestVersion - 2))
            _ = try await migrator.up(connection)
            #expect(try await migrator.up(connection).map(\.version) == [])
        }
    }

    @Test func `an edited migration is refused and nothing is changed`() async throws {
        try await StoreDatabase.withEmpty { connection, _ in
            let first = Migration(version: 1, name: "one", up: "CREATE TABLE one (id int);", down: "DROP TABLE one;")
            let edited = Migration(version: 1, name: "one", up: "CREATE TABLE one (id bigint);", down: "DROP TABLE one;")
            let second = Migration(version: 2, name: "two", up: "CREATE TABLE two (id int);", down: "DROP TABLE two;")
            _ = try await Migrator(migrations: [first]).up(connection)
            let refusal = await #expect(throws: StoreError.self) { try await Migrator(migrations: [edited, second]).up(connection) }
            #expect(refusal?.message.contains("checksum") == true)
            await #expect(throws: StoreError.self) { try await Migrator(migrations: [edited]).down(connection, to: 0) }
            await #expect(throws: StoreError.self) { try await Migrator(migrations: [edited]).status(connection) }
            #expect(try await schema(connection).contains { $0.contains("two") } == false)
            // The lock was given back.
            #expect(try await Migrator(migrations: [first, second]).up(connection).map(\.version) == [2])
        }
    }

    @Test func `a database that is newer than the build is refused`() async throws {
        try await StoreDatabase.withEmpty { connection, _ in
            _ = try await Migrator().up(connection)
            let older = Migrator(migrations: Array(Migration.all.dropLast()))
            let refusal = await #expect(throws: StoreError.self) { try await older.up(connection) }
            #expect(refusal?.message.contains("newer") == true)
        }
    }

    @Test func `a migration that fails leaves nothing behind and keeps the earlier ones`() async throws {
        try await StoreDatabase.withEmpty { connection, _ in
            let good = Migration(version: 1, name: "good", up: "CREATE TABLE good (id int);", down: "DROP TABLE good;")
            let bad = Migration(version: 2, name: "bad", up: "CREATE TABLE half (id int); SELECT 1 / 0;", down: "")
            let migrator = Migrator(migrations: [good, bad])
            await #expect(throws: PostgresError.self) { try await migrator.up(connection) }
            let lines = try await schema(connection)
            #expect(lines.contains { $0.contains("column good.id") })
            #expect(!lines.contains { $0.contains("half") })
            #expect(try await migrator.status(connection).map { $0.appliedAt != nil } == [true, false])
        }
    }

    @Test func `of several migrators at once one does the work and the others find it done`() async throws {
        try await StoreDatabase.withEmpty { _, url in
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let connection = try await StoreDatabase.connect(url)
                        let count = try await Migrator().up(connection).count
                        await connection.close()
                        return count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(counts.sorted() == [0, 0, 0, Migration.latestVersion])
        }
    }

    @Test func `versions rise by one and checksums tell the texts apart`() {
        #expect(Migration.all.map(\.version) == Array(1...Migration.latestVersion))
        #expect(Set(Migration.all.map(\.checksum)).count == Migration.all.count)
        #expect(Migration.all.allSatisfy { $0.checksum.utf8.count == 64 })
        let one = Migration(version: 1, name: "", up: "ab", down: "c")
        let other = Migration(version: 1, name: "", up: "a", down: "bc")
        #expect(one.checksum != other.checksum)
    }
}

import FoundationEssentials
import GRDB
import Models

/// The spool's SQLite database. Blocks; belongs to one queue, see ``SpoolStore``.
///
/// `journal_mode` WAL with `synchronous` FULL: a commit is one write and one fsync at the end of the journal, where a rollback journal needs
/// three. GRDB's own WAL set-up would lower `synchronous` to NORMAL, which may lose the last commits with the power: it is not used.
/// `locking_mode` EXCLUSIVE: no other process can keep the journal from being emptied, and there is no shared-memory file.
final class SpoolFile {
    static let name = "spool.sqlite"
    private static let version = 1
    private static let pagesWorthShrinking = 64

    private let connection: DatabaseQueue

    /// Opens or creates it.
    /// - Parameter checks: whether all of it is looked through for damage (reads the whole file).
    init(path: String, limits: SpoolLimits, checks: Bool) throws {
        var configuration = Configuration()
        configuration.label = "spool"
        configuration.prepareDatabase { db in
            for pragma in Self.pragmas(limits) { try db.execute(sql: pragma) }
        }
        connection = try DatabaseQueue(path: path, configuration: configuration)
        do { try prepare(checks: checks) } catch {
            // The first failure is the one to tell; a file that does not close is given up with the process.
            try? connection.close()
            throw error
        }
    }

    private static func pragmas(_ limits: SpoolLimits) -> [String] {
        [
            "PRAGMA page_size = \(SpoolLimits.pageBytes)", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = \(limits.checkpointPages)",
            "PRAGMA journal_size_limit = \(limits.journalBytes)", "PRAGMA max_page_count = \(limits.databasePages)",
            "PRAGMA temp_store = MEMORY",
        ]
    }

    private func prepare(checks: Bool) throws {
        try connection.writeWithoutTransaction { db in
            // 2 is FULL (https://www.sqlite.org/pragma.html#pragma_synchronous). Checked, since everything rests on it.
            guard try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal", try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw SpoolFailure(cause: .other, reason: "the file system does not allow a write-ahead journal")
            }
            if checks {
                let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? ""
                guard verdict == "ok" else { throw SpoolFailure(cause: .corrupt, reason: "quick_check: \(verdict)") }
            }
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            guard version <= Self.version else {
                throw SpoolFailure(cause: .other, reason: "written by a newer release (version \(version))")
            }
            try db.inTransaction(.immediate) {
                try db.execute(sql: Self.schema)
                // What was refused before may fit by now: the topic's limit was raised, or this release is another.
                try db.execute(sql: "INSERT INTO records SELECT \(Self.columns) FROM refused; DELETE FROM refused")
                return .commit
            }
        }
    }

    func close() throws { try connection.close() }

    // MARK: Records

    /// Stores the alerts of some requests in one transaction: when it returns they are on the disk.
    func insert(_ requests: [[Fact]], at now: Timestamp) throws {
        try connection.write { db in
            let statement = try db.cachedStatement(sql: Self.insert)
            for facts in requests {
                for fact in facts {
                    statement.setUncheckedArguments(SpoolRow.arguments(sequence: nil, fact, storedAt: now))
                    try statement.execute()
                }
            }
        }
    }

    /// The oldest that wait, in the order of their arrival.
    func oldest(records: Int, bytes: Int) throws -> [SpoolRow] {
        try connection.read { db in
            let cursor = try Row.fetchCursor(
                db.cachedStatement(sql: "SELECT \(Self.columns) FROM records ORDER BY sequence LIMIT ?"), arguments: [records])
            var rows: [SpoolRow] = []
            var size = 0
            while let row = try cursor.next() {
                let row = try SpoolRow(row)
                size += row.fact?.payload.count ?? 0
                if !rows.isEmpty, size > bytes { break }
                rows.append(row)
            }
            return rows
        }
    }

    /// Takes out what the broker has acknowledged: all up to that one.
    func delete(through sequence: Int64) throws {
        try connection.write { db in try db.execute(sql: "DELETE FROM records WHERE sequence <= ?", arguments: [sequence]) }
    }

    /// Puts one aside that the broker refuses for what it is.
    func refuse(_ sequence: Int64) throws {
        try connection.write { db in
            try db.execute(
                sql: "INSERT INTO refused SELECT \(Self.columns) FROM records WHERE sequence = ?", arguments: [sequence])
            try db.execute(sql: "DELETE FROM records WHERE sequence = ?", arguments: [sequence])
        }
    }

    /// Takes over rows of another file with their places; those that are there already stay as they are.
    func adopt(_ rows: [SpoolRow]) throws {
        try connection.write { db in
            let statement = try db.cachedStatement(sql: Self.adopt)
            for row in rows {
                guard let fact = row.fact else { continue }
                statement.setUncheckedArguments(SpoolRow.arguments(sequence: row.sequence, fact, storedAt: row.storedAt))
                try statement.execute()
            }
        }
    }

    /// Every row, from one end, until the damage.
    static func readable(_ path: String, descending: Bool, _ take: (SpoolRow) throws -> Void) throws {
        var configuration = Configuration()
        configuration.label = "spool.damaged"
        let connection = try DatabaseQueue(path: path, configuration: configuration)
        defer {
            // It is read once and then left alone.
            try? connection.close()
        }
        try connection.writeWithoutTransaction { db in
            let order = descending ? "DESC" : "ASC"
            let cursor = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM records ORDER BY sequence \(order)")
            while let row = try cursor.next() { try take(SpoolRow(row)) }
        }
    }

    // MARK: The file

    /// Counts anew; reads the whole table.
    func contents() throws -> SpoolContents {
        try connection.read { db in
            SpoolContents(
                records: try Int.fetchOne(db, sql: "SELECT count(*) FROM records") ?? 0,
                refused: try Int.fetchOne(db, sql: "SELECT count(*) FROM refused") ?? 0,
                usedBytes: try Self.usedBytes(db), oldest: try Self.oldestStoredAt(db))
        }
    }

    /// What has changed besides the counts.
    func measure() throws -> (usedBytes: Int, oldest: Timestamp?) {
        try connection.read { db in (try Self.usedBytes(db), try Self.oldestStoredAt(db)) }
    }

    /// Writes and syncs something as large as a request may be, to see whether the disk takes it.
    func probe(bytes: Int) throws {
        try connection.write { db in
            try db.execute(sql: "INSERT OR REPLACE INTO probe VALUES (1, zeroblob(?))", arguments: [bytes])
        }
        try connection.write { db in try db.execute(sql: "DELETE FROM probe") }
    }

    /// Gives the disk back what an empty spool does not need, when it is worth the while.
    func shrink() throws {
        try connection.writeWithoutTransaction { db in
            guard try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0 > Self.pagesWorthShrinking else { return }
            try db.execute(sql: "VACUUM")
            _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    private static func usedBytes(_ db: Database) throws -> Int {
        let pages = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA page_count")) ?? 0
        let free = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
        return (pages - free) * SpoolLimits.pageBytes
    }

    private static func oldestStoredAt(_ db: Database) throws -> Timestamp? {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT stored_at FROM records ORDER BY sequence LIMIT 1"))
            .map(Timestamp.init(microseconds:))
    }

    // MARK: SQL

    /// Times in microseconds since 1970. The sequence grows with each row, so it is the order of arrival.
    private static let schema = """
        CREATE TABLE IF NOT EXISTS records (
            sequence INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL, team_id TEXT NOT NULL,
            ce_id TEXT NOT NULL, ce_type TEXT NOT NULL, source TEXT NOT NULL, occurred_at INTEGER NOT NULL, traceparent TEXT,
            payload BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS refused (
            sequence INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL, team_id TEXT NOT NULL,
            ce_id TEXT NOT NULL, ce_type TEXT NOT NULL, source TEXT NOT NULL, occurred_at INTEGER NOT NULL, traceparent TEXT,
            payload BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY, filling BLOB);
        PRAGMA user_version = 1;
        """

    private static let columns =
        "sequence, stored_at, topic, key, team_id, ce_id, ce_type, source, occurred_at, traceparent, payload"
    private static let insert = "INSERT INTO records (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    private static let adopt = "INSERT OR IGNORE INTO records (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
}

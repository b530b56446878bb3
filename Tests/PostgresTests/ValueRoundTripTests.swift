import FoundationEssentials
import Postgres
import Testing

@Suite(.timeLimit(.minutes(10))) struct ValueRoundTripTests {
    static let strings = [
        "", " ", "plain", "NULL", "null", "a,b", "{}", "{a}", "\"", "\\", "\\\"", "\\\\", "a\"b\\c", "line\nbreak\ttab\r",
        "'; DROP TABLE x; --",
        "$1", "naïve – “quoted” 🚨", "\u{1}\u{7f}", "e\u{301}", "\u{FEFF}bom", " leading and trailing ",
    ]

    @Test(arguments: [true, false]) func `Strings come back as they went, alone and in arrays`(prepared: Bool) async throws {
        try await withPool(preparedStatements: prepared) { pool, _ async throws in
            for text in Self.strings {
                let row = try await pool.query("SELECT $1::text AS value", [text])[0]
                #expect(Array(try row.string("value").utf8) == Array(text.utf8))
            }
            let rows = try await pool.query(
                "SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS t (value, place) ORDER BY place", [Self.strings])
            #expect(try rows.map { try $0.string("value") } == Self.strings)
            #expect(try await pool.query("SELECT $1::text[] AS value", [Self.strings])[0].stringArray("value") == Self.strings)
        }
    }

    @Test func `Numbers, booleans, ids and bytes come back as they went`() async throws {
        try await withPool { pool, _ async throws in
            for number in [Int64.min, -1, 0, 1, Int64.max] {
                #expect(try await pool.query("SELECT $1::bigint", [number])[0].int64(0) == number)
            }
            for number in [0, -0.0, 0.1, .pi, 1e-300, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity] {
                #expect(try await pool.query("SELECT $1::float8", [number])[0].double(0) == number)
            }
            #expect(try await pool.query("SELECT $1::float8", [Double.nan])[0].double(0).isNaN)
            #expect(try await pool.query("SELECT $1::boolean", [true])[0].bool(0))
            #expect(try await pool.query("SELECT $1::boolean", [false])[0].bool(0) == false)
            let id = UUID()
            #expect(try await pool.query("SELECT $1::uuid", [id])[0].uuid(0) == id)
            let bytes = (0...255).map { UInt8($0) }
            #expect(try await pool.query("SELECT $1::bytea", [bytes])[0].bytes(0) == bytes)
            #expect(try await pool.query("SELECT $1::bytea", [[UInt8]()])[0].bytes(0) == [])
        }
    }

    @Test func `Arrays keep their order, their NULLs and what is in them`() async throws {
        try await withPool { pool, _ async throws in
            #expect(try await pool.query("SELECT $1::bigint[]", [[3, -1, 2]])[0].intArray(0) == [3, -1, 2])
            #expect(try await pool.query("SELECT $1::text[]", [[String]()])[0].stringArray(0) == [])
            let gaps: [String?] = ["a", nil, "NULL"]
            let rows = try await pool.query("SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS t (value, n) ORDER BY n", [gaps])
            #expect(try rows.map { try $0.optionalString("value") } == gaps)
            #expect(throws: PostgresError.self) { try rows[1].string("value") }
            let nested = [["x", "a\"b,c}"], [], ["\\"]]
            let inner = try await pool.query(
                "SELECT value::text[] AS value FROM unnest($1::text[]) WITH ORDINALITY AS t (value, n) ORDER BY n", [nested])
            #expect(try inner.map { try $0.stringArray("value") } == nested)
            let blobs: [[UInt8]] = [[0, 255], [], [92]]
            let back = try await pool.query("SELECT value FROM unnest($1::bytea[]) WITH ORDINALITY AS t (value, n) ORDER BY n", [blobs])
            #expect(try back.map { try $0.bytes("value") } == blobs)
            let times = try await pool.query("SELECT count(*) AS count FROM unnest($1::timestamptz[])", [["2026-11-21T05:55:16.123456Z"]])
            #expect(try times[0].int("count") == 1)
        }
    }

    @Test func `NULL goes in and out, and only the optional readers take it`() async throws {
        try await withPool { pool, _ async throws in
            let row = try await pool.query(
                "SELECT $1::text AS a, $2::bigint AS b, $3::bytea AS c", [String?.none, Int?.none, [UInt8]?.none])[0]
            #expect(try row.optionalString("a") == nil)
            #expect(try row.optionalInt("b") == nil)
            #expect(try row.optionalBytes("c") == nil)
            #expect(try row.optionalMicroseconds("a") == nil)
            let error = #expect(throws: PostgresError.self) { try row.string("a") }
            #expect(error?.code == .decoding)
            #expect(error?.description.contains("column a read as text") == true)
        }
    }

    @Test func `Times are UTC microseconds whatever the time zone of the database`() async throws {
        try await withPool { pool, url async throws in
            let name = try await pool.query("SELECT current_database() AS name")[0].string("name")
            try await pool.withConnection { try await $0.execute(script: "ALTER DATABASE \(name) SET TimeZone = 'Asia/Kolkata'") }
            try await pool.withConnection { try await $0.execute(script: "ALTER DATABASE \(name) SET DateStyle = 'German'") }
            await pool.close()
            let fresh = PostgresPool(configuration: PostgresConfiguration(url: url, applicationName: "t"), logger: quiet)
            let moments: [(text: String, microseconds: Int64)] = [
                ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1), ("1900-01-01T00:00:00Z", -2_208_988_800_000_000),
                ("2026-11-21T05:55:16.123456Z", 1_795_240_516_123_456), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
            ]
            for moment in moments {
                let row = try await fresh.query("SELECT $1::timestamptz AS at", [moment.text])[0]
                #expect(try row.microseconds("at") == moment.microseconds)
            }
            let infinite = try await fresh.query("SELECT 'infinity'::timestamptz AS at")[0]
            #expect(throws: PostgresError.self) { try infinite.microseconds("at") }
            await fresh.close()
        }
    }

    @Test func `JSON goes in as text and comes back as bytes`() async throws {
        try await withPool { pool, _ async throws in
            let row = try await pool.query("SELECT $1::jsonb AS value", [PostgresJSON(Array(#"{"a": "\"é"}"#.utf8))])[0]
            #expect(try row.utf8("value") == Array(#"{"a": "\"é"}"#.utf8))
        }
    }

    @Test func `A text with U+0000 is refused, not cut off`() async throws {
        try await withPool { pool, _ async throws in
            let error = try await #require(throws: PostgresError.self) { try await pool.query("SELECT $1::text", ["secret\0tail"]) }
            #expect(error.code == .encoding)
            #expect(!error.description.contains("secret"))
            await #expect(throws: PostgresError.self) { try await pool.query("SELECT $1::text[]", [["ok", "a\0b"]]) }
        }
    }

    @Test func `The number of touched rows is told`() async throws {
        try await withPool { pool, _ async throws in
            try await pool.withConnection { try await $0.execute(script: "CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX ON t (id)") }
            #expect(try await pool.query("INSERT INTO t SELECT * FROM unnest($1::int[])", [[1, 2, 3]]).affected == 3)
            #expect(try await pool.query("DELETE FROM t WHERE id > $1", [1]).affected == 2)
            #expect(try await pool.query("UPDATE t SET id = id WHERE id = $1", [9]).affected == 0)
            #expect(try await pool.query("SELECT id FROM t").count == 1)
        }
    }
}

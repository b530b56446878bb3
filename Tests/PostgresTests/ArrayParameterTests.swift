import FoundationEssentials
import TestKit
import Testing

@testable import Postgres

/// Arrays go as text the first time, while the server has not told the types, and in binary from then on: both must mean the same.
@Suite(.timeLimit(.minutes(10))) struct ArrayParameterTests {
    private static let ids = [UUID(), UUID()]

    private static let arrays: [(StaticString, any PostgresEncodable, String)] = [
        ("SELECT $1::text[]::text AS v", ["a", "b\"\\{},é", "", "NULL"], #"{a,"b\"\\{},é","","NULL"}"#),
        ("SELECT $1::text[]::text AS v", ["a", nil] as [String?], "{a,NULL}"), ("SELECT $1::text[]::text AS v", [String](), "{}"),
        ("SELECT $1::varchar[]::text AS v", ["x"], "{x}"), ("SELECT $1::int[]::text AS v", [1, -2, 2_147_483_647], "{1,-2,2147483647}"),
        ("SELECT $1::bigint[]::text AS v", [Int64.min, nil, Int64.max] as [Int64?], "{-9223372036854775808,NULL,9223372036854775807}"),
        ("SELECT $1::smallint[]::text AS v", [7], "{7}"), ("SELECT $1::numeric[]::text AS v", [7], "{7}"),
        ("SELECT $1::uuid[]::text AS v", ids, "{\(ids.map { $0.uuidString.lowercased() }.joined(separator: ","))}"),
        ("SELECT $1::text[]::text AS v", ids, "{\(ids.map { $0.uuidString.lowercased() }.joined(separator: ","))}"),
        ("SELECT $1::jsonb[]::text AS v", [PostgresJSON(#"{"a":1}"#)], #"{"{\"a\": 1}"}"#),
        ("SELECT $1::json[]::text AS v", PostgresArray.utf8([Array("[1]".utf8)]), "{[1]}"),
        (
            "SELECT $1::timestamptz[]::text AS v", PostgresArray.timestamps([0, nil, 1_795_240_516_123_456, -62_135_596_800_000_001]),
            #"{"1970-01-01 00:00:00+00",NULL,"2026-11-21 05:55:16.123456+00","0001-12-31 23:59:59.999999+00 BC"}"#
        ),
        ("SELECT $1::date[]::text AS v", PostgresArray.timestamps([0]), "{1970-01-01}"),
    ]

    @Test(arguments: [true, false]) func `An array means the same as text and in binary`(prepared: Bool) async throws {
        try await withPool(maxConnections: 1, preparedStatements: prepared) { pool, _ async throws in
            for (sql, array, text) in Self.arrays {
                for _ in 1...3 { #expect(try await pool.query(sql, [array])[0].string("v") == text, "\(sql)") }
            }
        }
    }

    @Test func `A null character in an element is refused before anything is sent`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            for _ in 1...2 {
                #expect(try await pool.query("SELECT cardinality($1::text[]) AS n", [["a", "b"]])[0].int("n") == 2)
                let error = try await #require(throws: PostgresError.self) {
                    try await pool.query("SELECT cardinality($1::text[]) AS n", [["a", "b\u{0}c"]])
                }
                #expect(error.code == .encoding)
            }
        }
    }

    @Test func `A number that does not fit its column is the server's error`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            for _ in 1...2 {
                let error = try await #require(throws: PostgresError.self) { try await pool.query("SELECT $1::int[]", [[1 << 40]]) }
                #expect(error.sqlState == "22003")
            }
        }
    }

    @Test func `An element that an error would quote is not in it`() async throws {
        try await withPool(maxConnections: 1) { pool, _ async throws in
            try await pool.withConnection {
                try await $0.execute(
                    script: """
                        CREATE FUNCTION shout(text[]) RETURNS text LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION 'cannot shout %', $1[2]; END $$;
                        """)
            }
            for _ in 1...2 {
                let error = try await #require(throws: PostgresError.self) {
                    try await pool.query("SELECT shout($1)", [["x", ErrorTextTests.secret]])
                }
                #expect(error.message == "cannot shout …")
            }
        }
    }
}

import Postgres
import TestKit
import Testing

/// Errors are logged as they are, so nothing that was bound, stored or used to log in may be in them.
@Suite(.timeLimit(.minutes(10))) struct ErrorTextTests {
    static let secret = "s3cr3t-value"

    @Test func `No error of the server quotes what was bound`() async throws {
        try await withPool { pool, _ async throws in
            try await pool.withConnection {
                try await $0.execute(
                    script: """
                        CREATE TABLE person (name text PRIMARY KEY, age int NOT NULL CHECK (age > 0), short varchar(3));
                        CREATE FUNCTION shout(text) RETURNS text LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION 'cannot shout %', $1; END $$;
                        INSERT INTO person VALUES ('s3cr3t-value', 1);
                        """)
            }
            let statements: [(StaticString, [any PostgresEncodable], String)] = [
                ("SELECT $1::int", [Self.secret], "22P02"),
                ("SELECT $1::uuid", [Self.secret], "22P02"),
                ("SELECT $1::timestamptz", [Self.secret], "22007"),
                ("SELECT $1::jsonb", [PostgresJSON("{\(Self.secret)")], "22P02"),
                ("SELECT $1::text[]", [Self.secret], "22P02"),
                ("SELECT ($1::text)::int", [Self.secret], "22P02"),
                ("INSERT INTO person VALUES ($1, 1)", [Self.secret], "23505"),
                ("INSERT INTO person VALUES ($1, NULL)", [Self.secret], "23502"),
                ("INSERT INTO person VALUES ($1, -1)", [Self.secret], "23514"),
                ("INSERT INTO person VALUES ('x', 1, $1)", [Self.secret], "22001"),
                ("SELECT shout($1)", [Self.secret], "P0001"),
                ("SELECT set_config('statement_timeout', $1, true)", [Self.secret], "22023"),
            ]
            for (sql, parameters, state) in statements {
                let error = try await #require(throws: PostgresError.self) { try await pool.query(sql, parameters) }
                #expect(error.sqlState == state)
                #expect(!"\(error)".contains(Self.secret), "\(sql)")
                #expect(!String(reflecting: error).contains(Self.secret), "\(sql)")
            }
        }
    }

    @Test func `An error names its statement, state and constraint`() async throws {
        try await withPool { pool, _ async throws in
            try await pool.withConnection { try await $0.execute(script: "CREATE TABLE t (a int CONSTRAINT positive CHECK (a > 0))") }
            let error = try await #require(throws: PostgresError.self) {
                try await pool.query(
                    """
                    -- store a thing
                    INSERT INTO t VALUES ($1)
                    """, [-1])
            }
            #expect(error.statementName == "store a thing")
            #expect(error.constraint == "positive")
            #expect(error.description.hasPrefix("postgres server 23514 in store a thing (constraint positive): "))
            #expect(!error.isRetriable)
        }
    }

    @Test(arguments: [
        "postgresql://tocsin:s3cr3t-value@127.0.0.1:1/none", "postgresql://tocsin:s3cr3t-value%zz@127.0.0.1/none",
        "postgresql://tocsin:s3cr3t-value/x@127.0.0.1/none", "postgresql:/tocsin:s3cr3t-value@127.0.0.1/none",
        "postgresql://[tocsin:s3cr3t-value@127.0.0.1/none", "host=127.0.0.1 port=1 password='s3cr3t-value", "s3cr3t-value",
        "postgresql://tocsin:s3cr3t-value@127.0.0.1:x/none", "postgresql://127.0.0.1/none?s3cr3t-value=1",
    ])
    func `No error of connecting quotes the password`(url: String) async throws {
        let configuration = PostgresConfiguration(url: url, applicationName: "tests")
        let error = try await #require(throws: PostgresError.self) { try await PostgresConnection.connect(configuration, logger: quiet) }
        #expect(!"\(error)".contains(Self.secret))
        #expect(error.code == .connectionFailed || error.code == .configuration)
    }

    @Test func `A wrong password is an error without it`() async throws {
        try await withTestDatabase { url in
            let wrong = url.replacing(/:[^:@]+@/, with: ":\(Self.secret)@")
            try #require(wrong != url)
            let configuration = PostgresConfiguration(url: wrong, applicationName: "tests")
            let error = try await #require(throws: PostgresError.self) {
                try await PostgresConnection.connect(configuration, logger: quiet)
            }
            #expect(error.code == .connectionFailed)
            #expect(error.message.contains("password authentication failed"))
            #expect(!"\(error)".contains(Self.secret))
        }
    }
}

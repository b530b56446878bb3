import Models
import Postgres
import ServiceKit
import Testing

@testable import doc_publisher

@Suite(.timeLimit(.minutes(10))) struct DocumentWriterTests {
    private let well = TestPublisher()
    private let away = TestPublisher(isAway: true)

    @Test("a document that every publisher took is done, and each says so")
    func published() async throws {
        try await DocsDatabase.with { database in
            #expect(try await database.pass([("one", well), ("two", well)]) == 1)
            #expect(try await database.job().state == "done")
            let facts = try await database.facts()
            #expect(facts.map(\.publisher) == ["one", "two"])
            #expect(facts.map(\.state) == [.published, .published])
            #expect(facts.first?.detail == "/documents/post-mortem-1-v1")
        }
    }

    @Test("a failure that is tried again is nobody's business yet")
    func triedAgain() async throws {
        try await DocsDatabase.with { database in
            #expect(try await database.pass([("one", well), ("two", away)]) == 1)
            let job = try await database.job()
            #expect(job.state == "pending")
            #expect(job.error == "two: Away()")
            #expect(try await database.facts().isEmpty)
        }
    }

    @Test("a document that is given up says where it failed, and where it went all the same")
    func givenUp() async throws {
        try await DocsDatabase.with { database in
            _ = try await database.pool.query(
                "UPDATE document_jobs SET attempts = $1", [RetryPolicy.delivery.maxAttempts - 1])
            #expect(try await database.pass([("one", well), ("two", away), ("three", well)]) == 1)
            #expect(try await database.job().state == "dead")
            let facts = try await database.facts()
            #expect(facts.map(\.publisher) == ["one", "two"])
            #expect(facts.map(\.state) == [.published, .failed])
            #expect(facts.last?.detail == "Away()")
            #expect(try await database.pool.query("SELECT publisher FROM document_publications").map { try $0.string(0) } == ["one"])
        }
    }

    @Test("a writer whose job was claimed by another one meanwhile writes nothing", arguments: [false, true])
    func fenced(isAway: Bool) async throws {
        try await DocsDatabase.with { database in
            _ = try await database.pool.query(
                "UPDATE document_jobs SET attempts = $1", [RetryPolicy.delivery.maxAttempts - 1])
            let slow = TestPublisher(isAway: isAway) {
                _ = try await database.pool.query("UPDATE document_jobs SET fence = fence + 1")
            }
            #expect(try await database.pass([("one", slow)]) == 1)
            #expect(try await database.job().state == "running")
            #expect(try await database.facts().isEmpty)
        }
    }
}

import Logging
import Metrics
import Models
import Postgres
import Publishing
import ServiceKit
import Store

/// Claims due documents, writes them and hands them to the publishers.
struct DocumentWriter: Sendable {
    private static let batch = 10

    let runtime: Runtime
    let publishers: [(id: String, publisher: any Publisher)]

    /// One pass of the loop.
    /// - Returns: the jobs handled.
    func pass() async throws -> Int {
        let jobs = try await runtime.pool.withTransaction { try await JobStore.claim(limit: DocumentWriter.batch, in: $0) }
        for job in jobs { try await write(job) }
        return jobs.count
    }

    private func write(_ job: DocumentJob) async throws {
        let start = ContinuousClock.now
        do {
            guard let document = try await render(job) else {
                try await giveUp(job, error: "the incident or its team is gone", next: nil)
                return
            }
            let references = try await publish(document)
            try await finish(job, document, references)
            DocsMetrics.seconds.timer().record(duration: start.duration(to: .now))
        } catch let error as PostgresError where error.isConnectionFault || error.code == .poolTimeout {
            // The database is away: the lease ends and the job is claimed again.
            throw error
        } catch {
            let next = RetryPolicy.delivery.nextAttempt(
                after: job.attempt, now: runtime.clock(), retryAfterSeconds: nil, jitter: Double.random(in: 0..<1))
            try await giveUp(job, error: "\(error)", next: next)
        }
    }

    private func render(_ job: DocumentJob) async throws -> RenderedDocument? {
        let now = runtime.clock()
        return try await runtime.pool.withTransaction { connection in
            guard let (context, slug) = try await ContextStore.context(job, in: connection) else { return nil }
            return try await DocumentStore.save(
                job, blocks: PostMortem.blocks(context), title: PostMortem.title(of: context.incident),
                incidentNumber: context.incident.number, slug: slug, now: now, in: connection)
        }
    }

    private func publish(_ document: RenderedDocument) async throws -> [(id: String, reference: String)] {
        var references: [(id: String, reference: String)] = []
        for (id, publisher) in publishers {
            do { references.append((id, try await publisher.publish(document))) } catch {
                DocsMetrics.failed.counter([("publisher", id)]).increment()
                throw PublisherError(description: "\(id): \(error)")
            }
        }
        return references
    }

    private func finish(_ job: DocumentJob, _ document: RenderedDocument, _ references: [(id: String, reference: String)]) async throws {
        let now = runtime.clock()
        try await runtime.transaction { connection in
            guard try await JobStore.finish(job, in: connection) else { return ((), []) }
            for (id, reference) in references {
                try await DocumentStore.published(document, publisher: id, reference: reference, now: now, in: connection)
            }
            return ((), references.map { record(document, publisher: $0.id, state: .published, detail: $0.reference, now).fact() })
        }
        for (id, _) in references { DocsMetrics.published.counter([("publisher", id)]).increment() }
    }

    private func giveUp(_ job: DocumentJob, error: String, next: Timestamp?) async throws {
        runtime.logger.warning(
            next == nil ? "document is given up" : "document failed, tried again later",
            metadata: ["incident.id": "\(job.incidentID)", "job.attempt": "\(job.attempt)", "error": "\(error)"])
        _ = try await runtime.pool.withTransaction { try await JobStore.fail(job, error: error, next: next, in: $0) }
    }

    private func record(
        _ document: RenderedDocument, publisher: String, state: DocumentRecord.State, detail: String, _ now: Timestamp
    ) -> DocumentRecord {
        DocumentRecord(
            documentID: document.id, teamID: document.teamID, incidentID: document.incidentID, documentKind: document.kind,
            version: document.version, title: document.title, publisher: publisher, state: state, detail: detail, at: now)
    }
}

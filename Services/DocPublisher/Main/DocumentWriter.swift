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
        if !jobs.isEmpty { CrashPoint.documentClaimed.reach() }
        for job in jobs { try await write(job) }
        return jobs.count
    }

    private func write(_ job: DocumentJob) async throws {
        let start = ContinuousClock.now
        do {
            guard let document = try await render(job) else {
                try await failed(job, error: "the incident or its team is gone", next: nil)
                return
            }
            let outcome = await publish(document)
            CrashPoint.documentWritten.reach()
            if let failure = outcome.failure {
                try await failed(job, error: "\(failure.id): \(failure.reason)", next: next(after: job), document, outcome)
            } else {
                try await finish(job, document, outcome)
                DocsMetrics.seconds.timer().record(duration: start.duration(to: .now))
            }
        } catch let error as PostgresError where error.isConnectionFault || error.code == .poolTimeout {
            // The database is away: the lease ends and the job is claimed again.
            throw error
        } catch {
            try await failed(job, error: "\(error)", next: next(after: job))
        }
    }

    private func next(after job: DocumentJob) -> Timestamp? {
        RetryPolicy.delivery.nextAttempt(
            after: job.attempt, now: runtime.clock(), retryAfterSeconds: nil, jitter: Double.random(in: 0..<1))
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

    /// What became of a document at its publishers, in order up to the first that failed.
    private struct Outcome {
        var published: [(id: String, reference: String)] = []
        var failure: (id: String, reason: String)?
    }

    private func publish(_ document: RenderedDocument) async -> Outcome {
        var outcome = Outcome()
        for (id, publisher) in publishers {
            do { outcome.published.append((id, try await publisher.publish(document))) } catch {
                DocsMetrics.failed.counter([("publisher", id)]).increment()
                outcome.failure = (id, "\(error)")
                break
            }
        }
        return outcome
    }

    private func finish(_ job: DocumentJob, _ document: RenderedDocument, _ outcome: Outcome) async throws {
        let isOurs = try await runtime.transaction { connection in
            guard try await JobStore.finish(job, in: connection) else { return (false, []) }
            return (true, try await note(outcome, of: document, in: connection))
        }
        if isOurs { count(outcome) }
    }

    /// Writes down where the document is.
    /// - Returns: the facts of what was published, and of what failed for good.
    private func note(_ outcome: Outcome, of document: RenderedDocument, in connection: PostgresConnection) async throws -> [Fact] {
        let now = runtime.clock()
        for (id, reference) in outcome.published {
            try await DocumentStore.published(document, publisher: id, reference: reference, now: now, in: connection)
        }
        let published = outcome.published.map { record(document, publisher: $0.id, state: .published, detail: $0.reference, now) }
        let failed = outcome.failure.map { record(document, publisher: $0.id, state: .failed, detail: $0.reason, now) }
        return (published + [failed].compactMap(\.self)).map { $0.fact() }
    }

    private func count(_ outcome: Outcome) {
        for (id, _) in outcome.published { DocsMetrics.published.counter([("publisher", id)]).increment() }
    }

    /// - Parameter next: nil gives up; then the outcome of the last attempt becomes known, if it came as far as a document.
    private func failed(
        _ job: DocumentJob, error: String, next: Timestamp?, _ document: RenderedDocument? = nil, _ outcome: Outcome = Outcome()
    ) async throws {
        runtime.logger.warning(
            next == nil ? "document is given up" : "document failed, tried again later",
            metadata: ["incident.id": "\(job.incidentID)", "job.attempt": "\(job.attempt)", "error": "\(error)"])
        let isOver = try await runtime.transaction { connection in
            guard try await JobStore.fail(job, error: error, next: next, in: connection), next == nil else { return (false, []) }
            guard let document else { return (true, []) }
            return (true, try await note(outcome, of: document, in: connection))
        }
        if isOver { count(outcome) }
    }

    private func record(
        _ document: RenderedDocument, publisher: String, state: DocumentRecord.State, detail: String, _ now: Timestamp
    ) -> DocumentRecord {
        DocumentRecord(
            documentID: document.id, teamID: document.teamID, incidentID: document.incidentID, documentKind: document.kind,
            version: document.version, title: document.title, publisher: publisher, state: state, detail: detail, at: now)
    }
}

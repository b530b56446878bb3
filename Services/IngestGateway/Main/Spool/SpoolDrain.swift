import CoreMetrics
import Logging
import Models
import ServiceKit
import ServiceLifecycle

/// Brings what is in the spool to the broker, oldest first, and finds out without any request when the broker is back or the disk well.
struct SpoolDrain: Service, CustomStringConvertible {
    enum Pass: Sendable, Hashable {
        /// There is nothing to do.
        case idle
        /// Go on at once.
        case progress
        /// The broker or the disk is away: wait before the next attempt.
        case failed
    }

    /// What one pass leaves to the next.
    struct Progress: Sendable {
        var pace = DrainPace()
        /// Acknowledged, but not yet taken out: publishing them again would double them for nothing.
        var acknowledged: (through: Int64, count: Int)?
    }

    /// Requests go to the spool meanwhile, so there is no hurry; short of the time for a shutdown.
    private static let publishMilliseconds = 10_000
    private static let batchBytes = 1 << 20
    private static let idleMilliseconds = 1000
    /// Requests that are on their way into the spool are there after a commit.
    private static let commitMilliseconds = 5

    let spool: Spool
    let publish: Gateway.Publish
    /// The broker answers, and the producer holds nothing that it has not acknowledged: what timed out before has arrived or is given up,
    /// so nothing piles up there and nothing arrives behind what is drained now.
    let isBrokerReady: @Sendable () async -> Bool

    var description: String { "spool-drain" }

    func run() async throws {
        var progress = Progress()
        var backoff = Backoff(firstMilliseconds: 100, capMilliseconds: 2000)
        while await pause(.zero) {
            switch await pass(&progress) {
            case .progress:
                backoff.succeeded()
            case .idle:
                backoff.succeeded()
                await cancelWhenGracefulShutdown { await spool.wakeup.wait(milliseconds: Self.idleMilliseconds) }
            case .failed:
                guard await pause(milliseconds: backoff.failed()) else { break }
            }
        }
        spool.change { $0.stopClosing() }
        await spool.store?.close()
    }

    /// One step.
    func pass(_ progress: inout Progress) async -> Pass {
        let isWell = await heal()
        guard spool.course.mode != .direct else { return isWell ? .idle : .failed }
        // Also while the disk takes nothing: what can be read can go, and makes room.
        do throws(SpoolFailure) {
            try await takeOut(&progress)
            return try await drain(&progress)
        } catch {
            note(error)
            return .failed
        }
    }

    /// Opens the file anew after a failure that a full disk does not explain, and sees whether it can be written.
    private func heal() async -> Bool {
        guard let store = spool.store, let trouble = spool.course.trouble else { return true }
        do throws(SpoolFailure) {
            if trouble != .diskFull, trouble != .timeout { _ = try await store.open(checks: trouble == .corrupt) }
            let contents = try await store.probe()
            spool.change { $0.healed(contents) }
            return true
        } catch {
            note(error)
            return false
        }
    }

    private func note(_ failure: SpoolFailure) {
        spool.metrics.failed(failure.cause)
        spool.change(failure.description) { $0.fail(failure.cause) }
    }

    private func drain(_ progress: inout Progress) async throws(SpoolFailure) -> Pass {
        if spool.course.mode == .spooling, await !isBrokerReady() { return .failed }
        let size = progress.pace.records
        spool.change { $0.drainBegins(batch: size) }
        let rows = try await spool.store?.oldest(records: size, bytes: Self.batchBytes) ?? []
        guard let first = rows.first else { return try await finish() }
        guard first.fact != nil else {
            try await putAside(first, reason: "the row cannot be understood")
            return .progress
        }
        let batch = rows.prefix { $0.fact != nil }
        do throws(PublishFailure) { try await publish(batch.compactMap(\.fact), Self.publishMilliseconds) } catch {
            return try await notAcknowledged(batch, error, &progress)
        }
        CrashPoint.spoolPublished.reach()
        progress.pace.acknowledged()
        progress.acknowledged = batch.last.map { ($0.sequence, batch.count) }
        try await takeOut(&progress)
        return .progress
    }

    private func takeOut(_ progress: inout Progress) async throws(SpoolFailure) {
        guard let acknowledged = progress.acknowledged, let store = spool.store else { return }
        let contents = try await store.delete(through: acknowledged.through, count: acknowledged.count)
        progress.acknowledged = nil
        spool.metrics.drained.increment(by: acknowledged.count)
        spool.change { $0.drained(contents) }
    }

    private func notAcknowledged(
        _ batch: ArraySlice<SpoolRow>, _ failure: PublishFailure, _ progress: inout Progress
    ) async throws(SpoolFailure) -> Pass {
        guard failure.kind == .unfit else {
            progress.pace.failed()
            spool.change(failure.reason) { $0.drainFailed() }
            return .failed
        }
        if progress.pace.refused(batch: batch.count) == .thatOne, let row = batch.first {
            try await putAside(row, reason: failure.reason)
        }
        return .progress
    }

    /// It keeps its place in the file, and is tried again at the next start.
    private func putAside(_ row: SpoolRow, reason: String) async throws(SpoolFailure) {
        guard let store = spool.store else { return }
        let contents = try await store.refuse(row.sequence)
        spool.logger.error(
            "the broker refuses an alert of the spool; it is kept there and tried again at the next start",
            metadata: ["alert.id": "\(row.fact?.id ?? "")", "error": "\(reason)"])
        spool.change { $0.drained(contents) }
    }

    private func finish() async throws(SpoolFailure) -> Pass {
        let isEmpty = spool.change { $0.finish() }
        guard isEmpty else {
            await spool.wakeup.wait(milliseconds: Self.commitMilliseconds)
            return .progress
        }
        if let store = spool.store {
            let contents = try await store.shrink()
            spool.change { $0.shrunk(contents) }
        }
        return .idle
    }
}

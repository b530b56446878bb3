import Dispatch
import Logging
import Models
import Synchronization

/// Runs the spool's file on a queue of its own, and commits requests that come at the same time together: one fsync for all of them.
final class SpoolStore: Sendable {
    private struct Waiting: Sendable {
        var tickets: [StoreTicket] = []
        var isScheduled = false
    }

    /// Only ever used on `queue`.
    private final class Box: @unchecked Sendable {
        var file: SpoolFile?
        var contents = SpoolContents()
    }

    /// Part of a transaction's size that a probe writes: a disk that takes less is of no use.
    private static let probeShare = 8

    let folder: SpoolFolder
    private let limits: SpoolLimits
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let queue = DispatchQueue(label: "tocsin.spool")
    private let box = Box()
    private let waiting = Mutex(Waiting())

    init(folder: SpoolFolder, limits: SpoolLimits, clock: @escaping @Sendable () -> Timestamp, logger: Logger) {
        self.folder = folder
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    // MARK: Opening

    /// Opens the file, or opens it anew after a failure. A damaged one is set aside, and what can be read of it is taken over.
    func open(checks: Bool) async throws(SpoolFailure) -> SpoolContents {
        try await perform { [folder, limits, logger, clock] box in
            if let file = box.file {
                box.file = nil
                // It is opened anew because it fails; a second failure says nothing new.
                try? file.close()
            }
            let file: SpoolFile
            do { file = try SpoolFile(path: folder.file, limits: limits, checks: checks) } catch {
                guard SpoolFailure(error).cause == .corrupt else { throw error }
                file = try SpoolSalvage(folder: folder, limits: limits, logger: logger).run(SpoolFailure(error), at: clock())
            }
            folder.sync()
            let revision = box.contents.revision + 1
            box.contents = try file.contents()
            box.contents.revision = revision
            box.file = file
            return box.contents
        }
    }

    /// Writes something and sees whether the disk takes it.
    func probe() async throws(SpoolFailure) -> SpoolContents {
        try await withFile { [self] file, box in
            try file.probe(bytes: limits.transactionBytes / Self.probeShare)
            try measure(file, box)
            return box.contents
        }
    }

    /// Ends after what is queued.
    func close() async {
        // The process is about to end: what could not be closed is recovered at the next start.
        try? await perform { box in
            let file = box.file
            box.file = nil
            try file?.close()
        }
    }

    // MARK: Storing

    /// Queues a request's alerts for the next commit; the ticket tells when they are on the disk.
    func store(_ facts: [Fact], deadline: ContinuousClock.Instant, settled: @escaping StoreTicket.Settled) -> StoreTicket {
        let ticket = StoreTicket(facts, deadline: deadline, settled: settled)
        let mustSchedule = waiting.withLock { waiting in
            waiting.tickets.append(ticket)
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if mustSchedule { queue.async { self.commit() } }
        return ticket
    }

    /// Everything that waits, up to the size of a transaction.
    private func takeWaiting() -> [StoreTicket] {
        waiting.withLock { waiting in
            var count = 0
            var size = 0
            for ticket in waiting.tickets {
                size += limits.estimate(records: ticket.facts.count, bytes: ticket.bytes)
                if count > 0, size > limits.transactionBytes { break }
                count += 1
            }
            defer { waiting.tickets.removeFirst(count) }
            if count == 0 { waiting.isScheduled = false }
            return Array(waiting.tickets.prefix(count))
        }
    }

    private func commit() {
        let tickets = takeWaiting()
        guard !tickets.isEmpty else { return }
        do {
            guard let file = box.file else { throw SpoolFailure.closed }
            let now = clock()
            try file.insert(tickets.map(\.facts), at: now)
            box.contents.records += tickets.reduce(0) { $0 + $1.facts.count }
            try measure(file, box)
            for ticket in tickets { ticket.settle(.success(box.contents)) }
        } catch {
            let failure = SpoolFailure(error)
            for ticket in tickets { ticket.settle(.failure(failure)) }
        }
        // Behind what else is queued: reads of the drain take their turn.
        queue.async { self.commit() }
    }

    // MARK: Draining

    func oldest(records: Int, bytes: Int) async throws(SpoolFailure) -> [SpoolRow] {
        try await withFile { file, _ in try file.oldest(records: records, bytes: bytes) }
    }

    /// - Parameter count: how many that are.
    func delete(through sequence: Int64, count: Int) async throws(SpoolFailure) -> SpoolContents {
        try await withFile { [self] file, box in
            try file.delete(through: sequence)
            box.contents.records -= count
            try measure(file, box)
            return box.contents
        }
    }

    func refuse(_ sequence: Int64) async throws(SpoolFailure) -> SpoolContents {
        try await withFile { [self] file, box in
            try file.refuse(sequence)
            box.contents.records -= 1
            box.contents.refused += 1
            try measure(file, box)
            return box.contents
        }
    }

    /// Gives back the disk that an empty spool does not need, when that is worth the while.
    func shrink() async throws(SpoolFailure) -> SpoolContents {
        try await withFile { [self] file, box in
            if box.contents.records == 0, box.contents.refused == 0 { try file.shrink() }
            try measure(file, box)
            return box.contents
        }
    }

    private func measure(_ file: SpoolFile, _ box: Box) throws {
        box.contents.revision += 1
        (box.contents.usedBytes, box.contents.oldest) = try file.measure()
    }

    // MARK: The queue

    private func withFile<Result: Sendable>(
        _ body: @escaping @Sendable (SpoolFile, Box) throws -> Result
    ) async throws(SpoolFailure) -> Result {
        try await perform { box in
            guard let file = box.file else { throw SpoolFailure.closed }
            return try body(file, box)
        }
    }

    private func perform<Value: Sendable>(_ body: @escaping @Sendable (Box) throws -> Value) async throws(SpoolFailure) -> Value {
        let outcome: Result<Value, SpoolFailure> = await withCheckedContinuation { continuation in
            queue.async {
                do { continuation.resume(returning: .success(try body(self.box))) } catch {
                    continuation.resume(returning: .failure(SpoolFailure(error)))
                }
            }
        }
        return try outcome.get()
    }
}

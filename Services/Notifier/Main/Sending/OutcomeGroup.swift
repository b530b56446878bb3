import Models
import ServiceKit
import Synchronization

/// Lets the outcomes of messages that went well share a transaction: whoever comes while one is being written waits for the next, which
/// takes all who wait. An outcome that comes alone is written at once; none waits longer than the write before its own.
final class OutcomeGroup: Sendable {
    /// Writes outcomes in one transaction.
    /// - Returns: the deliveries that were still ours, and the facts to publish.
    typealias Write = @Sendable ([SentDelivery]) async throws -> Written

    struct Written: Sendable {
        var ours: Set<DeliveryID> = []
        var rows: [OutboxRow] = []
    }

    /// Bounds the length of a transaction.
    static let maxMembers = 200

    private enum Turn: Sendable {
        /// Write: your own outcome and those that wait.
        case lead
        /// Written by somebody else: whether the delivery was still ours.
        case done(Result<Bool, any Error>)
    }

    private struct Member {
        let sent: SentDelivery
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var waiting: [Member] = []
        var isWriting = false
    }

    private let state = Mutex(State())
    private let write: Write
    private let publish: @Sendable ([OutboxRow]) async -> Void

    init(write: @escaping Write, publish: @escaping @Sendable ([OutboxRow]) async -> Void) {
        self.write = write
        self.publish = publish
    }

    /// Outcomes that wait for the next transaction.
    var waiting: Int { state.withLock(\.waiting.count) }

    /// Returns once the outcome is committed. A failure is that of the transaction: any of its members may have caused it.
    /// - Returns: false when somebody else has taken the delivery over; then nothing was written of it.
    func record(_ sent: SentDelivery) async throws -> Bool {
        switch await turn(of: sent) {
        case .done(let result): return try result.get()
        case .lead: return try await lead(sent)
        }
    }

    private func turn(of sent: SentDelivery) async -> Turn {
        await withCheckedContinuation { continuation in
            let leads = state.withLock { state in
                if state.isWriting {
                    state.waiting.append(Member(sent: sent, continuation: continuation))
                    return false
                }
                state.isWriting = true
                return true
            }
            if leads { continuation.resume(returning: .lead) }
        }
    }

    private func lead(_ sent: SentDelivery) async throws -> Bool {
        let members = state.withLock { state in
            let members = Array(state.waiting.prefix(Self.maxMembers - 1))
            state.waiting.removeFirst(members.count)
            return members
        }
        let result: Result<Written, any Error>
        do { result = .success(try await write([sent] + members.map(\.sent))) } catch { result = .failure(error) }
        // The next transaction need not wait until the facts of this one are published.
        passOn()
        for member in members {
            member.continuation.resume(returning: .done(result.map { $0.ours.contains(member.sent.delivery.id) }))
        }
        let written = try result.get()
        await publish(written.rows)
        return written.ours.contains(sent.delivery.id)
    }

    /// Makes the first of those who wait the next to write.
    private func passOn() {
        let next = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil as Member?
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .lead)
    }
}

import Logging
import Models
import ServiceKit
import Store

/// The facts did not get to the broker, or nobody knows whether they did.
struct PublishFailure: Error, Sendable {
    enum Kind: Sendable, Hashable {
        /// The broker did not acknowledge; the same records may pass later.
        case away
        /// The broker will never take one of these records.
        case unfit
        /// Nobody waits for them any more: the process ends.
        case cancelled
    }

    let kind: Kind
    /// For the log; without contents of records.
    let reason: String

    init(_ kind: Kind = .away, reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// Makes the alerts of a request durable: with the broker, else in the spool.
struct Publishing: Sendable {
    /// The disk gets this long at least, however long the broker has taken.
    private static let leastStoreMilliseconds = 1000

    let publish: Gateway.Publish
    let spool: Spool
    let metrics: GatewayMetrics

    /// Returns when they are durable.
    /// - Parameters:
    ///   - patienceMilliseconds: for the broker.
    ///   - timeLeftMilliseconds: for all of it.
    /// - Throws: 503 when neither took them; part of them may be with the broker, which consumers recognise when they come again.
    func send(
        _ facts: [Fact], policy: BrokerAwayPolicy, patienceMilliseconds: Int, timeLeftMilliseconds: Int
    ) async throws(GatewayRefusal) {
        let start = ContinuousClock.now
        var way = spool.way(facts, policy: policy)
        while true {
            switch way {
            case .publish:
                guard let next = try await publish(facts, policy, patienceMilliseconds) else { return }
                way = next
            case .store(let estimate):
                let latest = start.advanced(by: .milliseconds(timeLeftMilliseconds))
                let least = ContinuousClock.now.advanced(by: .milliseconds(Self.leastStoreMilliseconds))
                return try await spool.store(facts, estimate: estimate, deadline: max(latest, least))
            case .wait:
                await spool.waitForChange()
                way = spool.way(facts, policy: policy)
            case .refuse(let refusal):
                throw GatewayRefusal(refusal)
            }
        }
    }

    /// - Returns: the other way, when the broker did not acknowledge.
    private func publish(
        _ facts: [Fact], _ policy: BrokerAwayPolicy, _ patienceMilliseconds: Int
    ) async throws(GatewayRefusal) -> SpoolCourse.Way? {
        let start = ContinuousClock.now
        do {
            try await publish(facts, patienceMilliseconds)
            CrashPoint.gatewayAcknowledged.reach()
            metrics.published(in: start.duration(to: .now))
            return nil
        } catch {
            switch error.kind {
            case .away: return spool.publishFailed(facts, policy: policy, reason: error.reason)
            case .unfit: throw .unfitRecord
            case .cancelled: throw .brokerUnavailable
            }
        }
    }
}

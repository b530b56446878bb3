import Delivery
import Logging
import Metrics
import Models
import ServiceKit

/// One attempt from claim to outcome: intent is committed already, then send, then outcome.
struct DeliveryWorker: Sendable {
    let runtime: Runtime
    let config: NotifierConfig
    let registry: ChannelRegistry
    let sender: ChannelSender
    let outcomes: OutcomeRecorder

    /// Left of a lease after the longest that the send may take; less, and it is extended first.
    private static let leaseMarginSeconds = 10

    func carryOut(_ delivery: ClaimedDelivery, _ queue: DeliveryQueue) async {
        let claimedAt = runtime.clock()
        let doubt = registry.type(delivery.channelType)?.traits.doubt ?? .resendOnce
        do {
            let prepared = try prepare(delivery)
            guard try await mayGo(delivery, prepared.channel, queue, claimedAt: claimedAt) else { return }
            let outcome = await send(delivery, prepared)
            await outcomes.record(outcome, of: delivery, doubt: doubt, event: prepared.event, leaseSeconds: config.leaseSeconds)
        } catch let error as ChannelConfigError {
            runtime.logger.warning(
                "channel's settings cannot be used", metadata: ["channel.id": "\(delivery.channelID)", "error": "\(error)"])
            await outcomes.record(
                .permanent(Refusal(.configuration)), of: delivery, doubt: doubt, event: nil, leaseSeconds: config.leaseSeconds)
        } catch is RecordError {
            await outcomes.record(
                .permanent(Refusal(.internalFault)), of: delivery, doubt: doubt, event: nil, leaseSeconds: config.leaseSeconds)
        } catch {
            // The database is away before the send: the lease runs out and the delivery is claimed anew.
            runtime.logger.debug("delivery is left to its lease", metadata: ["delivery.id": "\(delivery.id)", "error": "\(error)"])
        }
    }

    private struct Prepared {
        let channel: any Channel
        let event: IncidentEvent
        let part: DeliveryPart
    }

    private func prepare(_ delivery: ClaimedDelivery) throws -> Prepared {
        let channel = try registry.channel(type: delivery.channelType, config: delivery.config)
        let event = try IncidentEvent(decoding: delivery.event)
        return Prepared(channel: channel, event: event, part: DeliveryPart(number: delivery.part) ?? .main)
    }

    /// Waits for the channel's pace, then makes sure that the delivery is still ours and stays so until the answer.
    private func mayGo(
        _ delivery: ClaimedDelivery, _ channel: any Channel, _ queue: DeliveryQueue, claimedAt: Timestamp
    ) async throws -> Bool {
        let start = queue.reserve(delivery.channelID, Swift.type(of: channel).traits.pace, now: runtime.clock())
        let wait = start.milliseconds(since: runtime.clock())
        if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
        let longestSeconds = Self.leaseMarginSeconds + MailServer.defaultTimeoutMilliseconds / 1000
        let left = Double(config.leaseSeconds) - runtime.clock().seconds(since: claimedAt)
        guard left < Double(longestSeconds) else { return true }
        if try await LeaseStore.renew(delivery, seconds: max(config.leaseSeconds, longestSeconds), in: runtime.pool) { return true }
        NotifierMetrics.fenced.counter().increment()
        return false
    }

    private func send(_ delivery: ClaimedDelivery, _ prepared: Prepared) async -> Outcome {
        let context = DeliveryContext(
            event: prepared.event, part: prepared.part, threadReference: delivery.threadReference, consoleURL: config.consoleURL,
            deliveryID: delivery.id, attemptedAt: runtime.clock())
        let start = ContinuousClock.now
        let answer = await sender.send(prepared.channel.render(context))
        NotifierMetrics.attemptSeconds.timer([NotifierMetrics.label(delivery.channelType, registry)])
            .record(duration: start.duration(to: .now))
        return prepared.channel.classify(answer, to: context)
    }
}

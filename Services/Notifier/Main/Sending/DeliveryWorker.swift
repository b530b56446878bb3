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

    /// What must be left of a lease beyond the time-out of the send; with less it is extended first.
    private static let leaseMarginSeconds = 5

    func carryOut(_ delivery: ClaimedDelivery, _ queue: DeliveryQueue) async {
        let claimedAt = runtime.clock()
        let doubt = registry.type(delivery.channelType)?.traits.doubt ?? .resendOnce
        do {
            let prepared = try prepare(delivery)
            try await waitForPace(of: prepared.channel, delivery.channelID, queue)
            let context = context(delivery, prepared)
            let message = prepared.channel.render(context)
            guard try await mayGo(delivery, claimedAt: claimedAt, timeoutMilliseconds: message.timeoutMilliseconds) else { return }
            let outcome = prepared.channel.classify(await send(message, delivery), to: context)
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
            // Before the send: the wait for the pace was cut short by the shutdown, or the lease could not be extended. Were it left to
            // its lease, it would count as in doubt.
            await outcomes.release(delivery)
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

    private func waitForPace(of channel: any Channel, _ id: ChannelID, _ queue: DeliveryQueue) async throws {
        let start = queue.reserve(id, Swift.type(of: channel).traits.pace, now: runtime.clock())
        let wait = start.milliseconds(since: runtime.clock())
        if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
    }

    private func context(_ delivery: ClaimedDelivery, _ prepared: Prepared) -> DeliveryContext {
        DeliveryContext(
            event: prepared.event, part: prepared.part, threadReference: delivery.threadReference, consoleURL: config.consoleURL,
            deliveryID: delivery.id, attemptedAt: runtime.clock())
    }

    /// Makes sure that the delivery is ours until the answer is there, whatever the wait for the pace took.
    private func mayGo(_ delivery: ClaimedDelivery, claimedAt: Timestamp, timeoutMilliseconds: Int) async throws -> Bool {
        let needed = timeoutMilliseconds / 1000 + Self.leaseMarginSeconds
        let left = Double(config.leaseSeconds) - runtime.clock().seconds(since: claimedAt)
        if left >= Double(needed) { return true }
        if try await LeaseStore.renew(delivery, seconds: max(config.leaseSeconds, needed), in: runtime.pool) { return true }
        NotifierMetrics.fenced.counter().increment()
        return false
    }

    private func send(_ message: OutboundMessage, _ delivery: ClaimedDelivery) async -> ProviderAnswer {
        let start = ContinuousClock.now
        let answer = await sender.send(message)
        NotifierMetrics.attemptSeconds.timer([NotifierMetrics.label(delivery.channelType, registry)])
            .record(duration: start.duration(to: .now))
        return answer
    }
}

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

    private var reconciler: Reconciler { Reconciler(runtime: runtime, registry: registry, sender: sender) }

    func carryOut(_ delivery: ClaimedDelivery, _ queue: DeliveryQueue) async {
        CrashPoint.deliveryClaimed.reach()
        do {
            let prepared = try prepare(delivery)
            try await waitForPace(of: prepared.channel, delivery.channelID, queue)
            guard let outcome = try await attempt(delivery, prepared) else {
                NotifierMetrics.fenced.counter([("when", "before_send")]).increment()
                return
            }
            await outcomes.record(outcome, of: delivery, event: prepared.event)
        } catch let error as ChannelConfigError {
            runtime.logger.warning(
                "channel's settings cannot be used", metadata: ["channel.id": "\(delivery.channelID)", "error": "\(error)"])
            await outcomes.record(.permanent(Refusal(.configuration)), of: delivery, event: nil)
        } catch is RecordError {
            await outcomes.record(.permanent(Refusal(.internalFault)), of: delivery, event: nil)
        } catch {
            // Before the send: the wait for the pace was cut short by the shutdown, or the lease could not be extended. Were it left to
            // its lease, it would count as in doubt.
            await outcomes.release(delivery)
        }
    }

    /// Sends it, or finds out that it need not be sent; nil when the delivery is not ours any more. Throws only before the send.
    private func attempt(_ delivery: ClaimedDelivery, _ prepared: Prepared) async throws -> Outcome? {
        var lease = HeldLease(delivery, leaseSeconds: config.leaseSeconds, pool: runtime.pool)
        if let doubt = delivery.doubt, Swift.type(of: prepared.channel).traits.doubt == .lookUp {
            switch try await reconciler.reconcile(prepared.channel, context(delivery, prepared), doubt, &lease) {
            case nil: return nil
            case .settle(let outcome): return outcome
            case .send: guard try await noteResend(delivery, doubt) else { return nil }
            }
        }
        let context = context(delivery, prepared)
        let message = prepared.channel.render(context)
        guard try await lease.covers(milliseconds: message.timeoutMilliseconds) else { return nil }
        let answer = await send(message, delivery)
        CrashPoint.deliverySent.reach()
        return prepared.channel.classify(answer, to: context)
    }

    private func noteResend(_ delivery: ClaimedDelivery, _ doubt: DoubtHistory) async throws -> Bool {
        guard try await LeaseStore.noteResend(delivery, resends: doubt.attempts, in: runtime.pool) else { return false }
        if delivery.resends < doubt.attempts {
            NotifierMetrics.resends.counter([NotifierMetrics.label(delivery.channelType, registry)]).increment()
        }
        return true
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
        let now = SteadyClock.now()
        let wait = queue.reserve(id, Swift.type(of: channel).traits.pace, now: now).milliseconds(since: now)
        if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
    }

    private func context(_ delivery: ClaimedDelivery, _ prepared: Prepared) -> DeliveryContext {
        DeliveryContext(
            event: prepared.event, part: prepared.part, threadReference: delivery.threadReference, consoleURL: config.consoleURL,
            deliveryID: delivery.id, attemptedAt: delivery.databaseTime)
    }

    private func send(_ message: OutboundMessage, _ delivery: ClaimedDelivery) async -> ProviderAnswer {
        let start = ContinuousClock.now
        let answer = await sender.send(message)
        NotifierMetrics.attemptSeconds.timer([NotifierMetrics.label(delivery.channelType, registry)])
            .record(duration: start.duration(to: .now))
        return answer
    }
}

import Delivery
import Logging
import Metrics
import Models
import ServiceKit

extension OutcomeRecorder {
    /// Metrics and log of an outcome that is committed.
    func count(
        _ applied: Applied, _ settlement: Settlement, _ outcome: Outcome, _ delivery: ClaimedDelivery, _ event: IncidentEvent?
    ) {
        guard applied.wasOurs else {
            NotifierMetrics.fenced.counter([("when", "after_send")]).increment()
            runtime.logger.warning("message was taken over before its outcome", metadata: metadata(delivery, settlement))
            return
        }
        let type = NotifierMetrics.label(delivery.channelType, registry)
        NotifierMetrics.deliveries.counter([type, ("outcome", outcome.label)]).increment()
        if let reason = settlement.refusal?.reason {
            NotifierMetrics.failures.counter([type, ("reason", reason.rawValue)]).increment()
        }
        if case .pending(_, isResend: true) = settlement.state { NotifierMetrics.resends.counter([type]).increment() }
        if applied.openedBreaker {
            NotifierMetrics.breakerOpened.counter([type]).increment()
            runtime.logger.notice("channel rests after failures", metadata: metadata(delivery, settlement))
        }
        countEnd(settlement, type, event)
        log(settlement, delivery)
    }

    private func countEnd(_ settlement: Settlement, _ type: (String, String), _ event: IncidentEvent?) {
        if case .pending = settlement.state { return }
        NotifierMetrics.finished.counter([type, ("state", settlement.state.name)]).increment()
        guard case .sent = settlement.state, let event else { return }
        let seconds = max(0, runtime.clock().seconds(since: event.at))
        NotifierMetrics.eventToSentSeconds.recorder([type]).record(seconds)
    }

    private func log(_ settlement: Settlement, _ delivery: ClaimedDelivery) {
        switch settlement.channel {
        case .disable: runtime.logger.error("channel is switched off by its provider", metadata: metadata(delivery, settlement))
        case .change: runtime.logger.notice("channel's target has moved", metadata: metadata(delivery, settlement))
        default: break
        }
        switch settlement.state {
        case .dead: runtime.logger.error("message was given up", metadata: metadata(delivery, settlement))
        case .inDoubt: runtime.logger.error("message is in doubt", metadata: metadata(delivery, settlement))
        case .pending: runtime.logger.debug("message is tried again", metadata: metadata(delivery, settlement))
        case .sent: break
        }
    }

    private func metadata(_ delivery: ClaimedDelivery, _ settlement: Settlement) -> Logger.Metadata {
        [
            "delivery.id": "\(delivery.id)", "incident.id": "\(delivery.incidentID)", "channel.id": "\(delivery.channelID)",
            "channel.type": "\(delivery.channelType)", "delivery.attempts": "\(delivery.attempts)",
            "delivery.reason": "\(settlement.refusal?.description ?? "")",
        ]
    }
}

import Delivery
import Logging
import Metrics
import Models
import ServiceKit

/// Asks a provider whether a message that is in doubt has arrived, before it is sent again.
struct Reconciler: Sendable {
    let runtime: Runtime
    let registry: ChannelRegistry
    let sender: ChannelSender

    /// What the worker is to do; nil when the delivery was taken over by somebody else meanwhile.
    func reconcile(
        _ channel: any Channel, _ context: DeliveryContext, _ doubt: DoubtHistory, _ lease: inout HeldLease
    ) async throws -> Reconciliation? {
        guard channel.renderLookUp(context, LookUpPage(doubt)) != nil else { return .send }
        guard let answer = try await lookUp(channel, context, doubt, &lease) else { return nil }
        NotifierMetrics.reconciled.counter([
            NotifierMetrics.label(lease.delivery.channelType, registry), ("outcome", answer.label),
        ]).increment()
        let decision = Reconciliation(answer, doubt)
        runtime.logger.notice(
            "message in doubt was looked up",
            metadata: [
                "delivery.id": "\(lease.delivery.id)", "channel.type": "\(lease.delivery.channelType)", "lookup.answer": "\(answer.label)",
                "lookup.reason": "\(answer.refusal?.description ?? "")", "lookup.sent_again": "\(decision == .send)",
            ])
        return decision
    }

    /// Page after page until one decides.
    private func lookUp(
        _ channel: any Channel, _ context: DeliveryContext, _ doubt: DoubtHistory, _ lease: inout HeldLease
    ) async throws -> LookUpAnswer? {
        var page = LookUpPage(doubt)
        var answer = LookUpAnswer.absent
        for _ in 0..<LookUpPage.maxPages {
            guard let question = channel.renderLookUp(context, page) else { return .absent }
            guard try await lease.covers(milliseconds: question.timeoutMilliseconds) else { return nil }
            answer = channel.classifyLookUp(await sender.ask(question), to: context)
            guard case .more(let cursor) = answer else { return answer }
            page.cursor = cursor
        }
        return answer
    }
}

extension LookUpAnswer {
    /// Label for metrics.
    fileprivate var label: String {
        switch self {
        case .found: "found"
        case .absent: "absent"
        case .more, .unknown, .impossible: "unknown"
        }
    }

    fileprivate var refusal: Refusal? {
        switch self {
        case .unknown(_, let refusal), .impossible(let refusal): refusal
        case .found, .absent, .more: nil
        }
    }
}

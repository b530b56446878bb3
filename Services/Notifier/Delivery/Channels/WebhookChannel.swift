package import Models

/// Any receiver of ours or of others, signed as Standard Webhooks says (https://www.standardwebhooks.com).
package struct WebhookChannel: Channel {
    package static let type = "webhook"
    package static let summary = "Your own HTTPS endpoint, signed as Standard Webhooks"
    private static let urlField = ChannelField("url", required: true, secret: true, "Where the event is posted to.")
    private static let secretField = ChannelField(
        "secret", kind: .list, required: true, secret: true,
        "whsec_… with 24 to 64 bytes in base64. Several while a secret is exchanged: the event is signed with each.")
    package static let fields = [urlField, secretField]
    package static let traits = ChannelTraits(doubt: .resend, pace: Pace(perMinute: 3000, burst: 50))
    private static let maxSecrets = 5

    private let url: Secret
    private let keys: [StandardWebhooks.Key]

    package init(settings: inout ChannelSettings) {
        let address = settings.text(Self.urlField)
        url = Secret(address)
        if !address.isEmpty, let reason = WebAddress.fault(in: address) { settings.fault(Self.urlField, reason) }
        let texts = settings.list(Self.secretField)
        keys = texts.compactMap(StandardWebhooks.Key.init)
        if keys.count != texts.count { settings.fault(Self.secretField, "is not whsec_ and 24 to 64 bytes in base64") }
        if keys.count > Self.maxSecrets { settings.fault(Self.secretField, "has more than \(Self.maxSecrets) secrets") }
    }

    package static func parts(for kind: IncidentEvent.Kind, hasThread: Bool) -> [DeliveryPart] { kind == .updated ? [] : [.main] }

    package func render(_ context: DeliveryContext) -> OutboundMessage {
        let body = WebhookPayload.bytes(context.event, url: context.message.url)
        let id = "msg_\(context.deliveryID)"
        let seconds = context.attemptedAt.secondsSinceEpoch
        return .http(
            HTTPMessage(
                url: url.revealed,
                headers: [
                    .init("Content-Type", "application/json"), .init("webhook-id", id), .init("webhook-timestamp", String(seconds)),
                    .init("webhook-signature", StandardWebhooks.signature(id: id, seconds: seconds, body: body, keys: keys)),
                ], body: body))
    }

    /// By the specification every answer but 2xx is tried again, save 410: the receiver wants no more.
    package func classify(_ answer: ProviderAnswer, to context: DeliveryContext) -> Outcome {
        switch answer {
        case .failure(let failure): return failure.outcome
        case .mail: return .permanent(Refusal(.internalFault))
        case .http(let status, let headers, _):
            switch HTTPAnswer.refusal(status: status, headers: headers) {
            case nil: return .delivered(providerID: nil, threadReference: nil)
            case .permanent(let refusal) where refusal.reason != .gone:
                return .retry(afterSeconds: HTTPAnswer.retryAfter(headers), refusal)
            case let outcome?: return outcome
            }
        }
    }
}

import JSON
package import Models

/// Slack through an incoming webhook: one URL, one chat channel; messages cannot be edited.
/// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
package struct SlackWebhookChannel: Channel {
    package static let type = "slack"
    package static let summary = "Slack, by the URL of an incoming webhook"
    private static let urlField = ChannelField(
        "url", required: true, secret: true, "The webhook's URL, https://hooks.slack.com/services/…; whoever has it can post.")
    package static let fields = [urlField]
    /// One message a second, short bursts tolerated: https://docs.slack.dev/apis/web-api/rate-limits
    package static let traits = ChannelTraits(doubt: .resendOnce, pace: Pace(perMinute: 60, burst: 3))

    private let url: Secret

    package init(settings: inout ChannelSettings) {
        url = Secret(settings.url(Self.urlField))
    }

    package static func parts(for kind: IncidentEvent.Kind, hasThread: Bool) -> [DeliveryPart] { kind == .updated ? [] : [.main] }

    package func render(_ context: DeliveryContext) -> OutboundMessage {
        var writer = JSONWriter(reserving: 2048)
        writer.object { writer in SlackMessage.writeMain(context.message, to: &writer) }
        return .http(
            HTTPMessage(url: url.revealed, headers: [.init("Content-Type", "application/json; charset=utf-8")], body: writer.bytes))
    }

    /// Slack answers `ok`, or an error word as plain text; what speaks Slack's format answers other things with 2xx.
    package func classify(_ answer: ProviderAnswer, to context: DeliveryContext) -> Outcome {
        switch answer {
        case .failure(let failure): return failure.outcome
        case .mail: return .permanent(Refusal(.internalFault))
        case .http(let status, let headers, let body):
            if (200...299).contains(status) { return .delivered(providerID: nil, threadReference: nil) }
            let word = String(decoding: body.prefix(80), as: UTF8.self).trimmingBlanks()
            if status < 500, status >= 400, let outcome = SlackErrors.outcome(word: word, status: status, headers: headers) {
                return outcome
            }
            return HTTPAnswer.refusal(status: status, headers: headers) ?? .permanent(Refusal(.internalFault))
        }
    }
}

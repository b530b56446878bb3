import JSON
package import Models

/// Slack through a bot: the incident is one message that is kept up to date, its story goes to the thread below.
/// https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/reference/methods/chat.update
package struct SlackBotChannel: Channel {
    package static let type = "slack-bot"
    package static let summary = "Slack, by a bot token: one message an incident, updated in place, its story in the thread"
    private static let tokenField = ChannelField(
        "token", required: true, secret: true,
        "The bot's token, xoxb-…, with the scope chat:write; channels:history (private: groups:history) lets Tocsin look up lost answers.")
    private static let channelField = ChannelField(
        "channel", required: true, "Id of the Slack channel, C0123456789; the bot must be its member.")
    private static let baseField = ChannelField(
        "apiBaseURL", default: "https://slack.com/api", "Where Slack's Web API is; another value is for tests and proxies.")
    package static let fields = [tokenField, channelField, baseField]
    /// About one message a second and channel: https://docs.slack.dev/apis/web-api/rate-limits. Slack drops no copy, but its metadata, which
    /// have the delivery's id, can be read.
    package static let traits = ChannelTraits(updatesInPlace: true, doubt: .lookUp, pace: Pace(perMinute: 60, burst: 4))
    /// https://docs.slack.dev/messaging/message-metadata
    static let metadataEventType = "tocsin_delivery"

    private let token: Secret
    private let channel: String
    private let apiBaseURL: String

    package init(settings: inout ChannelSettings) {
        token = Secret(settings.text(Self.tokenField))
        channel = settings.text(Self.channelField)
        apiBaseURL = settings.url(Self.baseField)
    }

    /// The first event posts; later ones edit the post and, unless only the alerts changed, add a line to the thread.
    package static func parts(for kind: IncidentEvent.Kind, hasThread: Bool) -> [DeliveryPart] {
        guard hasThread else { return [.main] }
        return kind == .updated ? [.main] : [.main, .reply]
    }

    /// Without a thread reference every part is posted as a new main message: the one before was never accepted.
    package func render(_ context: DeliveryContext) -> OutboundMessage {
        let thread = context.threadReference.flatMap(SlackThread.init)
        let edits = thread != nil && context.part.role == .main
        var writer = JSONWriter(reserving: 2048)
        writer.object { writer in
            writer.field("channel", thread?.channel ?? channel)
            if edits { writer.field("ts", thread?.timestamp) }
            if context.part.role == .reply, let thread {
                writer.field("thread_ts", thread.timestamp)
                SlackMessage.writeReply(context.message, to: &writer)
            } else {
                SlackMessage.writeMain(context.message, to: &writer)
            }
            writer.field("parse", "none")
            writer.field("link_names", false)
            if !edits {
                writer.field("unfurl_links", false)
                writer.field("unfurl_media", false)
            }
            writeMetadata(context, to: &writer)
        }
        return .http(
            HTTPMessage(
                url: apiBaseURL + (edits ? "/chat.update" : "/chat.postMessage"),
                headers: [.init("Content-Type", "application/json; charset=utf-8"), .init("Authorization", "Bearer \(token.revealed)")],
                body: writer.bytes))
    }

    private func writeMetadata(_ context: DeliveryContext, to writer: inout JSONWriter) {
        writer.key("metadata")
        writer.object { writer in
            writer.field("event_type", Self.metadataEventType)
            writer.key("event_payload")
            writer.object { writer in
                writer.field("delivery_id", context.deliveryID.description)
                writer.field("incident_id", context.event.incident.id.description)
                writer.field("sequence", context.event.sequence)
            }
        }
    }

    /// Status 200 says nothing: `ok` does (https://docs.slack.dev/apis/web-api/#responses).
    package func classify(_ answer: ProviderAnswer, to context: DeliveryContext) -> Outcome {
        switch answer {
        case .failure(let failure): return failure.outcome
        case .mail: return .permanent(Refusal(.internalFault))
        case .http(let status, let headers, let body):
            let root = try? JSONDocument.parse(body).root  // what is not JSON is judged by its status
            if let word = root?["error"]?.string, let outcome = SlackErrors.outcome(word: word, status: status, headers: headers) {
                if case .permanent(let refusal) = outcome, refusal.reason == .messageGone, context.threadReference != nil {
                    return .threadGone(refusal)
                }
                return outcome
            }
            if let refusal = HTTPAnswer.refusal(status: status, headers: headers) { return refusal }
            guard let root, let isAccepted = root["ok"]?.bool else { return .inDoubt(Refusal(.malformedAnswer, status: status)) }
            // An error word that we do not know: nothing was posted, and it may pass.
            guard isAccepted else { return .retry(afterSeconds: nil, Refusal(.serverError, status: status)) }
            return accepted(root, context)
        }
    }

    /// Nil for an edit: the same edit again changes nothing.
    package func renderLookUp(_ context: DeliveryContext, _ page: LookUpPage) -> OutboundMessage? {
        let thread = context.threadReference.flatMap(SlackThread.init)
        guard thread == nil || context.part.role == .reply else { return nil }
        let lookUp = SlackLookUp(deliveryID: context.deliveryID, channel: thread?.channel ?? channel, thread: thread?.timestamp)
        return .http(
            HTTPMessage(
                method: "GET", url: lookUp.url(at: apiBaseURL, page), headers: [.init("Authorization", "Bearer \(token.revealed)")],
                body: []))
    }

    package func classifyLookUp(_ answer: ProviderAnswer, to context: DeliveryContext) -> LookUpAnswer {
        let thread = context.threadReference.flatMap(SlackThread.init)
        return SlackLookUp(deliveryID: context.deliveryID, channel: thread?.channel ?? channel, thread: thread?.timestamp).read(answer)
    }

    private func accepted(_ root: JSONNode, _ context: DeliveryContext) -> Outcome {
        let timestamp = root["ts"]?.string.flatMap { SlackThread.isTimestamp($0) ? $0 : nil }
        let posted = timestamp.map { SlackThread(channel: root["channel"]?.string ?? channel, timestamp: $0) }
        return .delivered(providerID: timestamp, threadReference: context.threadReference == nil ? posted?.reference : nil)
    }
}

/// A message of Slack: channel id and `ts`, written `C012/1712345678.123456`. `ts` is text, never a number.
struct SlackThread: Hashable {
    let channel: String
    let timestamp: String

    var reference: String { "\(channel)/\(timestamp)" }

    init(channel: String, timestamp: String) {
        self.channel = channel
        self.timestamp = timestamp
    }

    init?(_ reference: String) {
        guard let slash = reference.lastIndex(of: "/") else { return nil }
        self.init(channel: String(reference[..<slash]), timestamp: String(reference[reference.index(after: slash)...]))
    }

    static func isTimestamp(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
    }
}

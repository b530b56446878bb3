import JSON
package import Models

/// Telegram through a bot. Later messages of an incident answer its first. https://core.telegram.org/bots/api#sendmessage
package struct TelegramChannel: Channel {
    package static let type = "telegram"
    package static let summary = "Telegram, by a bot's token and the id of a chat"
    private static let tokenField = ChannelField("token", required: true, secret: true, "The bot's token from @BotFather, 123456:ABC….")
    private static let chatField = ChannelField("chatId", required: true, "Id of the chat, -1001234567890, or @name of a public channel.")
    private static let topicField = ChannelField("topicId", "Id of a topic within a forum group.")
    private static let formatField = ChannelField(
        "format", kind: .choice(TelegramText.Format.allCases.map(\.rawValue)), default: "html", "Mark-up that messages are written in.")
    private static let baseField = ChannelField(
        "apiBaseURL", default: "https://api.telegram.org", "Where the Bot API is; another value is for a local Bot API server and tests.")
    package static let fields = [tokenField, chatField, topicField, formatField, baseField]
    /// 20 messages a minute to the same group: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    package static let traits = ChannelTraits(doubt: .resendOnce, pace: Pace(perMinute: 20, burst: 5))

    private let token: Secret
    private let chatID: String
    private let topicID: Int64?
    private let format: TelegramText.Format
    private let apiBaseURL: String

    package init(settings: inout ChannelSettings) {
        let text = settings.text(Self.tokenField)
        token = Secret(text)
        if !text.isEmpty, !text.utf8.allSatisfy(Self.isTokenByte) { settings.fault(Self.tokenField, "is not a bot token") }
        chatID = settings.text(Self.chatField)
        if Int64(chatID) == nil, !chatID.hasPrefix("@") { settings.fault(Self.chatField, "is neither a number nor an @name") }
        let topic = settings.optionalText(Self.topicField)
        topicID = topic.flatMap { Int64($0) }
        if topic != nil, topicID == nil { settings.fault(Self.topicField, "is not a number") }
        format = settings.choice(Self.formatField) ?? .html
        apiBaseURL = settings.url(Self.baseField)
    }

    /// The token is part of a path.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: ":_-".utf8.contains(byte)
        }
    }

    package static func parts(for kind: IncidentEvent.Kind, hasThread: Bool) -> [DeliveryPart] { kind == .updated ? [] : [.main] }

    package func render(_ context: DeliveryContext) -> OutboundMessage {
        var writer = JSONWriter(reserving: 2048)
        writer.object { writer in
            writer.key("chat_id")
            if let id = Int64(chatID) { writer.value(id) } else { writer.value(chatID) }
            if let topicID { writer.field("message_thread_id", topicID) }
            writer.field("text", TelegramText(context.message).text(in: format))
            writer.field("parse_mode", format.parseMode)
            writer.key("link_preview_options")
            writer.object { writer in writer.field("is_disabled", true) }
            if let reference = context.threadReference.flatMap({ Int64($0) }) {
                writer.key("reply_parameters")
                writer.object { writer in
                    writer.field("message_id", reference)
                    writer.field("allow_sending_without_reply", true)
                }
            }
        }
        return .http(
            HTTPMessage(
                url: "\(apiBaseURL)/bot\(token.revealed)/sendMessage", headers: [.init("Content-Type", "application/json")],
                body: writer.bytes))
    }

    package func classify(_ answer: ProviderAnswer, to context: DeliveryContext) -> Outcome {
        switch answer {
        case .failure(let failure): return failure.outcome
        case .mail: return .permanent(Refusal(.internalFault))
        case .http(let status, let headers, let body):
            let root = try? JSONDocument.parse(body).root  // what is not JSON is judged by its status
            guard (200...299).contains(status) else { return refusal(status: status, headers: headers, root: root) }
            guard let root, let isAccepted = root["ok"]?.bool else { return .inDoubt(Refusal(.malformedAnswer, status: status)) }
            guard isAccepted else {
                return refusal(status: root["error_code"]?.int.map { Int($0) } ?? 500, headers: headers, root: root)
            }
            let id = root["result"]?["message_id"]?.int.map { String($0) }
            return .delivered(providerID: id, threadReference: context.threadReference == nil ? id : nil)
        }
    }

    /// https://core.telegram.org/bots/api#making-requests and #responseparameters
    private func refusal(status: Int, headers: [HTTPMessage.Header], root: JSONNode?) -> Outcome {
        let parameters = root?["parameters"]
        let description = root?["description"]?.string?.lowercased() ?? ""
        switch status {
        case 429:
            let wait = HTTPAnswer.seconds(parameters?["retry_after"]?.int.map { Int(clamping: $0) })
            return .retry(afterSeconds: wait ?? HTTPAnswer.retryAfter(headers), Refusal(.rateLimited, status: status))
        case 400:
            if let chat = parameters?["migrate_to_chat_id"]?.int, String(chat) != chatID {
                return .moved(setting: Self.chatField.name, value: String(chat))
            }
            if description.contains("chat not found") { return .permanent(Refusal(.targetNotFound, status: status)) }
            if description.contains("too long") { return .permanent(Refusal(.tooLarge, status: status)) }
            return .permanent(Refusal(.rejected, status: status))
        // A wrong token is a path that does not exist; a bot that was blocked or thrown out is told 403.
        case 401, 404: return .permanent(Refusal(.authentication, status: status))
        case 403: return .permanent(Refusal(.gone, status: status))
        case 409: return .retry(afterSeconds: nil, Refusal(.serverError, status: status))
        default:
            return HTTPAnswer.refusal(status: status, headers: headers) ?? .retry(afterSeconds: nil, Refusal(.serverError, status: status))
        }
    }
}

import JSON
import Models

/// The search for a message of ours in Slack, by the delivery's id in its metadata.
/// https://docs.slack.dev/reference/methods/conversations.history, https://docs.slack.dev/reference/methods/conversations.replies
struct SlackLookUp {
    /// Messages of a page. Slack gives 15 at most to apps that are distributed outside its Marketplace:
    /// https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
    static let pageSize = 100
    /// Cursors are opaque; one that is longer is none of Slack's.
    private static let maxCursorBytes = 1000

    let deliveryID: DeliveryID
    let channel: String
    /// The main message of the thread in which to look; nil: among the channel's own messages.
    let thread: String?

    func url(at apiBaseURL: String, _ page: LookUpPage) -> String {
        var parameters = [
            ("channel", channel), ("oldest", Self.timestamp(page.since)), ("latest", Self.timestamp(page.until)), ("inclusive", "true"),
            ("include_all_metadata", "true"), ("limit", String(Self.pageSize)),
        ]
        if let thread { parameters.append(("ts", thread)) }
        if let cursor = page.cursor { parameters.append(("cursor", cursor)) }
        let query = parameters.map { "\($0)=\(Self.percentEncoded($1))" }.joined(separator: "&")
        return "\(apiBaseURL)/\(thread == nil ? "conversations.history" : "conversations.replies")?\(query)"
    }

    func read(_ answer: ProviderAnswer) -> LookUpAnswer {
        switch answer {
        case .failure(let failure): return unanswered(failure)
        case .mail: return .impossible(Refusal(.internalFault))
        case .http(let status, let headers, let body):
            let root = try? JSONDocument.parse(body).root  // what is not JSON is judged by its status
            if let word = root?["error"]?.string, let outcome = SlackErrors.outcome(word: word, status: status, headers: headers) {
                return refused(outcome)
            }
            if let outcome = HTTPAnswer.refusal(status: status, headers: headers) { return refused(outcome) }
            guard let root, root["ok"]?.bool == true, let messages = root["messages"] else {
                return .unknown(afterSeconds: nil, Refusal(.malformedAnswer, status: status))
            }
            return search(messages, root, status: status)
        }
    }

    private func search(_ messages: JSONNode, _ root: JSONNode, status: Int) -> LookUpAnswer {
        for message in messages.elements where isOurs(message) {
            guard let timestamp = message["ts"]?.string, SlackThread.isTimestamp(timestamp) else { continue }
            let reference = SlackThread(channel: channel, timestamp: timestamp).reference
            return .found(providerID: timestamp, threadReference: thread == nil ? reference : nil)
        }
        if let cursor = root["response_metadata"]?["next_cursor"]?.string, !cursor.isEmpty, cursor.utf8.count <= Self.maxCursorBytes {
            return .more(cursor: cursor)
        }
        return root["has_more"]?.bool == true ? .unknown(afterSeconds: nil, Refusal(.malformedAnswer, status: status)) : .absent
    }

    private func isOurs(_ message: JSONNode) -> Bool {
        guard let metadata = message["metadata"], metadata["event_type"]?.string == SlackBotChannel.metadataEventType else { return false }
        return metadata["event_payload"]?["delivery_id"]?.string == deliveryID.description
    }

    /// No answer: whether the question arrived does not matter.
    private func unanswered(_ failure: SendFailure) -> LookUpAnswer {
        let question = SendFailure(failure.reason, mayHaveBeenSent: false, smtpCode: nil)
        return refused(question.outcome)
    }

    private func refused(_ outcome: Outcome) -> LookUpAnswer {
        switch outcome {
        case .retry(let afterSeconds, let refusal): return .unknown(afterSeconds: afterSeconds, refusal)
        // The thread is gone with its main message, and a line below it with them.
        case .permanent(let refusal) where refusal.reason == .messageGone: return .absent
        case .permanent(let refusal): return .impossible(refusal)
        default: return .impossible(Refusal(.internalFault))
        }
    }

    /// `1712345678.000000`: seconds since 1970.
    private static func timestamp(_ time: Timestamp) -> String { "\(time.secondsSinceEpoch).000000" }

    /// All but the unreserved characters of RFC 3986 section 2.3.
    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isUnreserved = byte < 0x80 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
            if isUnreserved || "-._~".utf8.contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}

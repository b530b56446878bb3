import Delivery
import JSON
import Models
import Testing

@Suite struct SlackBotTests {
    private let thread = "C0123456789/1712345678.123456"

    private func classify(_ body: String, status: Int = 200, thread: String? = nil, part: DeliveryPart = .main) throws -> Outcome {
        try Fixture.channel("slack-bot").classify(
            .http(status: status, headers: [], body: Array(body.utf8)),
            to: Fixture.context(try Fixture.event(.acknowledged), part: part, thread: thread))
    }

    @Test func theFirstMessageStartsTheThread() throws {
        let outcome = try classify(#"{"ok":true,"channel":"C9","ts":"1712345678.123456","message":{}}"#)
        #expect(outcome == .delivered(providerID: "1712345678.123456", threadReference: "C9/1712345678.123456"))
    }

    @Test func laterMessagesLeaveTheThreadAsItIs() throws {
        let outcome = try classify(#"{"ok":true,"channel":"C9","ts":"1712345679.000001"}"#, thread: thread, part: .reply)
        #expect(outcome == .delivered(providerID: "1712345679.000001", threadReference: nil))
    }

    @Test func theMainMessageIsEditedAndTheStoryGoesBelow() throws {
        let channel = try Fixture.channel("slack-bot")
        let event = try Fixture.event(.resolved)
        let main = try Fixture.http(channel.render(Fixture.context(event, thread: thread)))
        let reply = try Fixture.http(channel.render(Fixture.context(event, part: .reply, thread: thread)))
        #expect(main.url == "https://slack.com/api/chat.update" && reply.url == "https://slack.com/api/chat.postMessage")
        #expect(try JSONDocument.parse(main.body).root["ts"]?.string == "1712345678.123456")
        #expect(try JSONDocument.parse(reply.body).root["thread_ts"]?.string == "1712345678.123456")
    }

    @Test func withoutAThreadEveryPartIsANewMessage() throws {
        let channel = try Fixture.channel("slack-bot", #"{"token":"xoxb-1","channel":"C1","apiBaseURL":"http://127.0.0.1:9/api/"}"#)
        for part in [DeliveryPart.main, .reply] {
            let message = try Fixture.http(channel.render(Fixture.context(try Fixture.event(.resolved), part: part)))
            #expect(message.url == "http://127.0.0.1:9/api/chat.postMessage")
            #expect(try JSONDocument.parse(message.body).root["thread_ts"] == nil)
        }
    }

    @Test(arguments: ["message_not_found", "edit_window_closed", "cant_update_message", "thread_not_found"])
    func aMessageThatIsGoneIsPostedAnew(_ word: String) throws {
        let outcome = try classify("{\"ok\":false,\"error\":\"\(word)\"}", thread: thread)
        #expect(outcome == .threadGone(Refusal(.messageGone, status: 200, word: word)))
        let settlement = Settlement(outcome, attempts: 1, resends: 0, doubt: .resend, now: Fixture.now) { _, _ in Fixture.now }
        #expect(settlement.forgetsThread && settlement.state == .pending(at: Fixture.now, isResend: false))
    }

    @Test(arguments: [
        ("ratelimited", "retry"), ("internal_error", "retry"), ("some_new_word", "retry"), ("invalid_auth", "permanent"),
        ("channel_not_found", "permanent"), ("invalid_blocks", "permanent"), ("message_not_found", "permanent"),
    ]) func anErrorWordDecidesWhateverTheStatus(_ word: String, _ label: String) throws {
        #expect(try classify("{\"ok\":false,\"error\":\"\(word)\"}").label == label)
    }

    @Test(arguments: [
        ("invalid_payload", 400, "permanent"), ("no_service", 404, "permanent"), ("rate_limited", 429, "retry"),
        ("rollup_error", 500, "retry"),
    ])
    func anIncomingWebhookAnswersInPlainText(_ word: String, _ status: Int, _ label: String) throws {
        let outcome = try Fixture.channel("slack").classify(
            .http(status: status, headers: [], body: Array(word.utf8)), to: Fixture.context(try Fixture.event(.opened)))
        #expect(outcome.label == label)
        if word == "no_service" { #expect(outcome == .permanent(Refusal(.gone, status: 404, word: "no_service"))) }
    }
}

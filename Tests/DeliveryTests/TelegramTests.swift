import Delivery
import JSON
import Models
import Testing

@Suite struct TelegramTests {
    private func classify(_ body: String, status: Int, thread: String? = nil) throws -> Outcome {
        try Fixture.channel("telegram").classify(
            .http(status: status, headers: [], body: Array(body.utf8)), to: Fixture.context(try Fixture.event(.opened), thread: thread))
    }

    @Test func theFirstMessageIsWhatLaterOnesAnswer() throws {
        #expect(
            try classify(#"{"ok":true,"result":{"message_id":815}}"#, status: 200) == .delivered(providerID: "815", threadReference: "815"))
        #expect(
            try classify(#"{"ok":true,"result":{"message_id":816}}"#, status: 200, thread: "815")
                == .delivered(providerID: "816", threadReference: nil))
        let later = try Fixture.body(Fixture.channel("telegram").render(Fixture.context(try Fixture.event(.resolved), thread: "815")))
        #expect(later["reply_parameters"]?["message_id"]?.int == 815)
        #expect(later["reply_parameters"]?["allow_sending_without_reply"]?.bool == true)
    }

    @Test func aGroupThatBecameASupergroupIsFollowed() throws {
        let body =
            #"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1009876543210}}"#
        #expect(try classify(body, status: 400) == .moved(setting: "chatId", value: "-1009876543210"))
    }

    @Test func aMoveToTheSameChatIsNoMove() throws {
        let body = #"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1001234567890}}"#
        #expect(try classify(body, status: 400) == .permanent(Refusal(.rejected, status: 400)))
    }

    @Test func theBodysRetryAfterCounts() throws {
        let body = #"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":17}}"#
        #expect(try classify(body, status: 429) == .retry(afterSeconds: 17, Refusal(.rateLimited, status: 429)))
    }

    @Test func aBotThatWasThrownOutIsSwitchedOff() throws {
        let outcome = try classify(#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#, status: 403)
        let settlement = Settlement(outcome, attempts: 1, resends: 0, doubt: .resendOnce, now: Fixture.now) { _, _ in nil }
        #expect(settlement.channel == .disable(Refusal(.gone, status: 403)))
    }

    @Test(arguments: [
        #"{"token":"1:a/../x","chatId":"1"}"#, #"{"token":"1:a","chatId":"ops"}"#, #"{"token":"1:a","chatId":"1","format":"markdown"}"#,
        #"{"token":"1:a","chatId":"1","topicId":"x"}"#,
    ])
    func wrongSettingsAreRefused(_ config: String) throws {
        let registry = try ChannelRegistry()
        #expect(throws: ChannelConfigError.self) { try registry.channel(type: "telegram", config: Array(config.utf8)) }
    }
}

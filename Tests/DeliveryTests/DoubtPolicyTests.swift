import Delivery
import JSON
import Models
import Testing

/// What is promised of a message that may have arrived, channel by channel: docs/integrations/channels.md.
@Suite struct DoubtPolicyTests {
    static let policies: [String: ChannelTraits.Doubt] = [
        "email": .resendOnce, "slack": .resendOnce, "slack-bot": .lookUp, "telegram": .resendOnce, "webhook": .resend,
    ]

    @Test(arguments: Fixture.types) func everyChannelHasItsPolicy(_ type: String) throws {
        let policy = try #require(Self.policies[type], "a new channel needs a row here and in docs/integrations/channels.md")
        #expect(try #require(try ChannelRegistry().type(type)).traits.doubt == policy)
    }

    /// Two attempts at the same message, an hour apart.
    private func attempts(_ type: String, thread: String? = nil) throws -> (OutboundMessage, OutboundMessage) {
        let channel = try Fixture.channel(type)
        var context = Fixture.context(try Fixture.event(.opened), thread: thread)
        let first = channel.render(context)
        context.attemptedAt = context.attemptedAt.adding(seconds: 3600)
        return (first, channel.render(context))
    }

    @Test func aWebhookIsSentAgainWithTheSameIDAndBody() throws {
        let (first, second) = try attempts("webhook")
        let (one, two) = (try Fixture.http(first), try Fixture.http(second))
        func header(_ name: String, _ message: HTTPMessage) -> String? { message.headers.first { $0.name == name }?.value }
        #expect(header("webhook-id", one) == "msg_\(Fixture.deliveryID)")
        #expect(header("webhook-id", one) == header("webhook-id", two))
        #expect(one.body == two.body)
        // Receivers refuse an old time; it is part of what is signed.
        #expect(header("webhook-timestamp", one) != header("webhook-timestamp", two))
        #expect(header("webhook-signature", one) != header("webhook-signature", two))
    }

    @Test func aMailIsSentAgainByteForByteWithTheSameMessageID() throws {
        guard case (.mail(let one, _), .mail(let two, _)) = try attempts("email") else { throw FixtureError() }
        #expect(one.messageID == "<delivery-\(Fixture.deliveryID)@example.com>")
        #expect(one == two)
        #expect(String(decoding: two.bytes, as: UTF8.self).contains("\r\nMessage-ID: \(one.messageID)\r\n"))
    }

    @Test(arguments: ["slack", "slack-bot", "telegram"]) func aChatMessageIsSentAgainUnchanged(_ type: String) throws {
        let (first, second) = try attempts(type)
        #expect(first == second)
    }

    @Test(arguments: Fixture.types) func onlyWhatCanBeLookedUpAsks(_ type: String) throws {
        let doubt = DoubtHistory(firstAttemptAt: Fixture.now, lastAttemptAt: Fixture.now, attempts: 1, failedLookUps: 0)
        let question = try Fixture.channel(type).renderLookUp(Fixture.context(try Fixture.event(.opened)), LookUpPage(doubt))
        #expect((question != nil) == (Self.policies[type] == .lookUp))
    }
}

/// What is done about a message whose provider was asked.
@Suite struct ReconciliationTests {
    private func decide(_ answer: LookUpAnswer, attempts: Int = 1, failed: Int = 0) -> Reconciliation {
        Reconciliation(
            answer, DoubtHistory(firstAttemptAt: Fixture.now, lastAttemptAt: Fixture.now, attempts: attempts, failedLookUps: failed))
    }

    @Test func whatIsThereIsNotSentAndWhatIsNotIs() {
        #expect(decide(.found(providerID: "1", threadReference: "t")) == .settle(.found(providerID: "1", threadReference: "t")))
        for attempts in 1...5 { #expect(decide(.absent, attempts: attempts) == .send) }
    }

    @Test func aProviderThatDoesNotAnswerIsAskedThreeTimesThenTheMessageGoesOnce() {
        let refusal = Refusal(.rateLimited, status: 429)
        let silence = LookUpAnswer.unknown(afterSeconds: 30, refusal)
        #expect(decide(silence, failed: 0) == .settle(.lookUpFailed(afterSeconds: 30, refusal)))
        #expect(decide(silence, failed: 1) == .settle(.lookUpFailed(afterSeconds: 30, refusal)))
        #expect(decide(silence, failed: 2) == .send)
        #expect(decide(silence, attempts: 2, failed: 2) == .settle(.leftInDoubt(refusal)))
    }

    @Test func whoMayNotReadSendsOnceAtOnce() {
        let refusal = Refusal(.authentication, status: 200, word: "missing_scope")
        #expect(decide(.impossible(refusal)) == .send)
        #expect(decide(.impossible(refusal), attempts: 2) == .settle(.leftInDoubt(refusal)))
        #expect(decide(.more(cursor: "x")) == .send)
        #expect(decide(.more(cursor: "x"), attempts: 2) == .settle(.leftInDoubt(Refusal(.tooLarge))))
    }
}

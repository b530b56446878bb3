import Delivery
import JSON
import Models
import Testing

/// Looking up a message of ours in Slack.
@Suite struct SlackLookUpTests {
    private let thread = "C0123456789/1712345678.123456"
    private let doubt = DoubtHistory(
        firstAttemptAt: Fixture.now, lastAttemptAt: Fixture.now.adding(seconds: 40), attempts: 2, failedLookUps: 0)

    private func question(thread: String? = nil, part: DeliveryPart = .main, cursor: String? = nil) throws -> HTTPMessage? {
        var page = LookUpPage(doubt)
        page.cursor = cursor
        let context = Fixture.context(try Fixture.event(.resolved), part: part, thread: thread)
        return try Fixture.channel("slack-bot").renderLookUp(context, page).map(Fixture.http)
    }

    private func read(
        _ body: String, status: Int = 200, headers: [HTTPMessage.Header] = [], thread: String? = nil, part: DeliveryPart = .main
    ) throws -> LookUpAnswer {
        try Fixture.channel("slack-bot").classifyLookUp(
            .http(status: status, headers: headers, body: Array(body.utf8)),
            to: Fixture.context(try Fixture.event(.resolved), part: part, thread: thread))
    }

    private func message(_ ts: String, delivery: String?) -> String {
        let metadata = delivery.map { #","metadata":{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"\#($0)"}}"# } ?? ""
        return #"{"type":"message","text":"x","ts":"\#(ts)"\#(metadata)}"#
    }

    @Test func theChannelIsReadAroundTheDoubtfulAttempts() throws {
        let message = try #require(try question())
        #expect(message.method == "GET" && message.body.isEmpty)
        #expect(
            message.url == "https://slack.com/api/conversations.history?channel=C0123456789&oldest=1759999700.000000"
                + "&latest=1760000340.000000&inclusive=true&include_all_metadata=true&limit=100")
        #expect(message.headers.map(\.name) == ["Authorization"])
        #expect(!message.url.contains(Fixture.canary))
    }

    @Test func aLineOfTheThreadIsLookedForThere() throws {
        let message = try #require(try question(thread: thread, part: .reply))
        #expect(message.url.hasPrefix("https://slack.com/api/conversations.replies?channel=C0123456789&"))
        #expect(message.url.hasSuffix("&ts=1712345678.123456"))
    }

    @Test func anEditIsNotLookedUp() throws {
        #expect(try question(thread: thread) == nil)
    }

    @Test func theCursorOfTheNextPageIsEncoded() throws {
        let message = try #require(try question(cursor: "dXNlcjpV&x=ä /+"))
        #expect(message.url.hasSuffix("&cursor=dXNlcjpV%26x%3D%C3%A4%20%2F%2B"))
    }

    @Test func ourMessageIsKnownByTheDeliverysID() throws {
        let id = Fixture.deliveryID.description
        let other = DeliveryID.random().description
        let page = "[\(message("1.5", delivery: nil)),\(message("1.4", delivery: other)),\(message("1.3", delivery: id))]"
        let body = #"{"ok":true,"has_more":true,"messages":\#(page),"response_metadata":{"next_cursor":"abc"}}"#
        #expect(try read(body) == .found(providerID: "1.3", threadReference: "C0123456789/1.3"))
        #expect(try read(body, thread: thread, part: .reply) == .found(providerID: "1.3", threadReference: nil))
    }

    @Test func metadataOfAnotherAppAreNotOurs() throws {
        let id = Fixture.deliveryID.description
        let page = #"[{"ts":"1.1","metadata":{"event_type":"other","event_payload":{"delivery_id":"\#(id)"}}}]"#
        #expect(try read(#"{"ok":true,"has_more":false,"messages":\#(page)}"#) == .absent)
    }

    @Test func whatIsNotThereIsOnAnotherPageOrAbsent() throws {
        let page = "[\(message("1.5", delivery: nil))]"
        #expect(
            try read(#"{"ok":true,"has_more":true,"messages":\#(page),"response_metadata":{"next_cursor":"abc"}}"#) == .more(cursor: "abc"))
        #expect(try read(#"{"ok":true,"has_more":false,"messages":\#(page),"response_metadata":{"next_cursor":""}}"#) == .absent)
        #expect(try read(#"{"ok":true,"messages":[]}"#) == .absent)
        let odd = LookUpAnswer.unknown(afterSeconds: nil, Refusal(.malformedAnswer, status: 200))
        #expect(try read(#"{"ok":true,"has_more":true,"messages":\#(page)}"#) == odd, "more, but no way to get it")
    }

    @Test(
        arguments: [
            ("missing_scope", false), ("invalid_auth", false), ("not_in_channel", false), ("ratelimited", true), ("fatal_error", true),
        ])
    func anErrorWordSaysWhetherAskingAgainHelps(_ word: String, _ helps: Bool) throws {
        switch try read(#"{"ok":false,"error":"\#(word)"}"#) {
        case .unknown(_, let refusal): #expect(helps && refusal.word == word)
        case .impossible(let refusal): #expect(!helps && refusal.word == word)
        case let answer: Issue.record("\(answer)")
        }
    }

    @Test func aBusySlackSaysWhenToAskAgain() throws {
        let answer = try read(#"{"ok":false,"error":"ratelimited"}"#, status: 429, headers: [.init("Retry-After", "60")])
        #expect(answer == .unknown(afterSeconds: 60, Refusal(.rateLimited, status: 429, word: "ratelimited")))
    }

    @Test func aThreadThatIsGoneHoldsNoLine() throws {
        #expect(try read(#"{"ok":false,"error":"thread_not_found"}"#, thread: thread, part: .reply) == .absent)
    }

    @Test func noAnswerIsNoAnswerHoweverFarTheQuestionCame() throws {
        let channel = try Fixture.channel("slack-bot")
        let context = Fixture.context(try Fixture.event(.opened))
        for mayHaveBeenSent in [false, true] {
            let failure = SendFailure(.timeout, mayHaveBeenSent: mayHaveBeenSent)
            #expect(channel.classifyLookUp(.failure(failure), to: context) == .unknown(afterSeconds: nil, Refusal(.timeout)))
        }
        let refused = SendFailure(.addressRefused, mayHaveBeenSent: false)
        #expect(channel.classifyLookUp(.failure(refused), to: context) == .impossible(Refusal(.addressRefused)))
    }

    @Test func oddAnswersNeverPassForAnAnswer() throws {
        let channel = try Fixture.channel("slack-bot")
        let context = Fixture.context(try Fixture.event(.opened))
        for body in ChannelSuiteTests.oddBodies {
            for status in [200, 302, 404, 500] {
                switch channel.classifyLookUp(.http(status: status, headers: [], body: body), to: context) {
                case .unknown, .impossible: break
                case let answer: Issue.record("\(answer) to \(status)")
                }
            }
        }
    }
}

import Delivery
import Models
import Postgres
import ServiceKit
import Synchronization
import Testing

@testable import notifier

/// Messages of the Slack bot that may have arrived: looked up before they are sent again.
@Suite(.timeLimit(.minutes(10))) struct ReconcileTests {
    /// What Slack has and how it answers to look-ups.
    private final class Slack: Sendable {
        private let held = Mutex<[String]>([])
        private let receiver: Mutex<WebReceiver?> = Mutex(nil)

        /// - Parameters:
        ///   - loses: numbers of the posts whose answer is lost though the message is there.
        ///   - drops: numbers of the posts that are lost with their answer.
        ///   - lookUp: the answer to a look-up by its number; nil: what is there.
        init(
            loses: Set<Int> = [], drops: Set<Int> = [], lookUp: @escaping @Sendable (Int) -> WebReceiver.Answer? = { _ in nil }
        ) throws {
            let posts = Counter()
            let looks = Counter()
            let made = try WebReceiver(answering: { [weak self] _, request in
                guard let self else { return .silence }
                guard request.path.hasSuffix("/chat.postMessage") || request.path.hasSuffix("/chat.update") else {
                    return lookUp(looks.next()) ?? .status(200, body: self.page)
                }
                let number = posts.next()
                if !drops.contains(number) { self.held.withLock { $0.append(request.body) } }
                if loses.contains(number) || drops.contains(number) { return .silence }
                return .status(200, body: #"{"ok":true,"channel":"C1","ts":"1712345678.00000\#(number)"}"#)
            })
            receiver.withLock { $0 = made }
        }

        /// Texts of the messages that arrived.
        var messages: [String] { held.withLock { $0 } }
        var calls: [String] { receiver.withLock { $0?.requests.map { String($0.path.split(separator: "/").last ?? "") } ?? [] } }
        var config: String {
            let port = receiver.withLock { $0?.port ?? 0 }
            return #"{"token": "xoxb-1", "channel": "C1", "apiBaseURL": "http://127.0.0.1:\#(port)/api"}"#
        }

        private var page: String {
            let found = messages.enumerated().map { index, body in
                let id = body.components(after: #""delivery_id":""#, until: "\"")
                let metadata = #"{"event_type":"tocsin_delivery","event_payload":{"delivery_id":"\#(id)"}}"#
                return #"{"type":"message","ts":"1712345678.10000\#(index)","metadata":\#(metadata)}"#
            }
            return #"{"ok":true,"has_more":false,"messages":[\#(found.joined(separator: ","))]}"#
        }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }

    /// An opened incident for a bot at that Slack, sent as often as given.
    private func send(_ slack: Slack, times: Int, _ database: LedgerDatabase) async throws {
        _ = try await database.addChannel(type: "slack-bot", config: slack.config)
        try await database.planOpened()
        for _ in 0..<times { try await again(database) }
    }

    private func again(_ database: LedgerDatabase) async throws {
        try await database.endRests()
        try await database.makeDue()
        try await database.sendDue(database.worker())
    }

    @Test func `a message that had arrived is found and not sent again`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack(loses: [1])
            try await send(slack, times: 1, database)
            #expect(try await database.lines().map(\.state) == ["pending"])
            #expect(try await database.lines().map(\.resends) == [0])
            try await again(database)
            #expect(slack.calls == ["chat.postMessage", "conversations.history"])
            let line = try #require(try await database.lines().first)
            #expect(line.state == "sent" && line.resends == 0 && slack.messages.count == 1)
            #expect(try await database.attempts(of: line.id) == ["in_doubt", "found"])
            #expect(try await database.facts().map(\.state) == [.sent])
            #expect(try await database.facts().map(\.providerID) == ["1712345678.100000"])
            // Later messages go to the thread that was found.
            let references = try await database.pool.query("SELECT reference FROM channel_threads").map { try $0.string("reference") }
            #expect(references == ["C1/1712345678.100000"])
            #expect(try await database.deliveriesWithFactOfTheirTransaction() == 1)
        }
    }

    @Test func `a message that had not arrived is sent again, and counted`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack(drops: [1])
            try await send(slack, times: 2, database)
            #expect(slack.calls == ["chat.postMessage", "conversations.history", "chat.postMessage"])
            let line = try #require(try await database.lines().first)
            #expect(line.state == "sent" && line.resends == 1 && slack.messages.count == 1)
        }
    }

    @Test func `a message is sent again as often as it is certain not to have arrived`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack(drops: [1, 2, 3])
            try await send(slack, times: 4, database)
            let line = try #require(try await database.lines().first)
            #expect(line.state == "sent" && line.resends == 3 && slack.messages.count == 1)
        }
    }

    @Test func `where Slack does not answer the look-up it is asked three times, then the message goes once`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack(loses: [1, 2]) { _ in
                .status(429, headers: "Retry-After: 1\r\n", body: #"{"ok":false,"error":"ratelimited"}"#)
            }
            try await send(slack, times: 3, database)
            let id = try #require(try await database.lines().first).id
            #expect(try await database.attempts(of: id) == ["in_doubt", "look_up_failed", "look_up_failed"])
            #expect(slack.messages.count == 1)
            try await again(database)
            #expect(slack.messages.count == 2)
            #expect(try await database.lines().map(\.resends) == [1])
            // The answer to that one was lost as well: nobody can say, and it was sent again already.
            try await again(database)
            #expect(try await database.lines().map(\.state) == ["in_doubt"])
            #expect(slack.messages.count == 2)
            #expect(try await database.attempts(of: id).last == "left_in_doubt")
            #expect(try await database.facts().map(\.state) == [.inDoubt])
            #expect(try await database.finishedWithGaps() == 0)
        }
    }

    @Test func `a bot that may not read sends once more at once, and no third time`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack(loses: [1, 2]) { _ in
                .status(200, body: #"{"ok":false,"error":"missing_scope","needed":"channels:history"}"#)
            }
            try await send(slack, times: 2, database)
            #expect(slack.messages.count == 2)
            try await again(database)
            #expect(try await database.lines().map(\.state) == ["in_doubt"])
            #expect(try await database.lines().map(\.lastError) == ["authentication (200, missing_scope)"])
            #expect(slack.messages.count == 2)
        }
    }

    @Test func `the message is looked for on five pages at most`() async throws {
        try await LedgerDatabase.with { database in
            let page = #"{"ok":true,"has_more":true,"messages":[],"response_metadata":{"next_cursor":"abc="}}"#
            let slack = try Slack(loses: [1]) { _ in .status(200, body: page) }
            try await send(slack, times: 2, database)
            #expect(slack.calls.count { $0 == "conversations.history" } == LookUpPage.maxPages)
            #expect(slack.messages.count == 2)
        }
    }

    @Test func `an edit in doubt is made again without a question`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack(loses: [2])
            _ = try await database.addChannel(type: "slack-bot", config: slack.config)
            let opened = try await database.opened()
            try await database.plan([opened])
            try await again(database)
            try await database.plan([try await database.updated(opened, severity: .critical)])
            try await again(database)
            try await again(database)
            #expect(slack.calls == ["chat.postMessage", "chat.update", "chat.update"])
            #expect(try await database.lines().map(\.state) == ["sent", "sent"])
        }
    }

    @Test func `a message whose process died before or after the send is looked up`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack()
            try await send(slack, times: 0, database)
            _ = try #require(try await database.claim().first)
            try await database.expireLeases()
            _ = try await database.leases.run()
            #expect(try await database.lines().map(\.resends) == [0], "whether it is sent again is not known yet")
            try await again(database)
            #expect(slack.calls == ["conversations.history", "chat.postMessage"])
            #expect(try await database.lines().map(\.state) == ["sent"])
        }
    }

    @Test func `a look-up whose delivery was taken over sends nothing`() async throws {
        try await LedgerDatabase.with { database in
            let slack = try Slack(drops: [1])
            try await send(slack, times: 1, database)
            try await database.makeDue()
            let old = try #require(try await database.claim().first)
            try await database.expireLeases()
            _ = try await database.leases.run()
            try await database.makeDue()
            _ = try #require(try await database.claim(owner: "second").first)
            await database.worker().carryOut(old, DeliveryQueue(maxInFlight: 1))
            #expect(slack.messages.isEmpty)
            #expect(try await database.lines().map(\.leaseOwner) == ["second"])
        }
    }
}

extension String {
    /// The text between the first `start` and the next `end`.
    fileprivate func components(after start: String, until end: String) -> String {
        guard let from = firstRange(of: start)?.upperBound else { return "" }
        return String(self[from...].prefix { !end.contains($0) })
    }
}

import Delivery
import Models
import Postgres
import ServiceKit
import Store
import Testing

@testable import notifier

/// Receivers that misbehave: each costs its own channel a failure, nobody else anything, and never more than the time-out.
@Suite(.timeLimit(.minutes(10))) struct SinkFaultTests {
    private static let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    /// The time-out of an HTTP request, and what a busy machine may add to it.
    private static let patience = Duration.seconds(10 + 20)

    private func settings(_ receiver: WebReceiver) -> String { #"{"url": "\#(receiver.url)", "secret": ["\#(Self.secret)"]}"# }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: WebReceiver.Answer
        let outcome: String
        /// Of the delivery.
        let error: String?

        init(_ name: String, _ answer: WebReceiver.Answer, _ outcome: String, _ error: String?) {
            testDescription = name
            self.answer = answer
            self.outcome = outcome
            self.error = error
        }
    }

    static let faults = [
        Fault("says nothing", .hang, "in_doubt", "timeout"),
        Fault("drips one byte a second", .drip(head: "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"), "in_doubt", "timeout"),
        Fault("drips its head", .drip(head: "HTTP/1.1 200 OK\r\nX: "), "in_doubt", "timeout"),
        Fault("answers 200 and a gigabyte", .flood(head: "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"), "delivered", nil),
        Fault("answers 503 without end", .flood(head: "HTTP/1.1 503 No\r\nconnection: close\r\n\r\n"), "retry", "serverError (503)"),
        Fault(
            "compressed without being asked",
            .flood(head: "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1000000000\r\n\r\n"), "delivered", nil),
        Fault("garbage for a status line", .raw("SSH-2.0-OpenSSH_9.2\r\nhello\r\n\r\n"), "in_doubt", "malformedAnswer"),
        Fault("endless headers", .flood(head: "HTTP/1.1 200 OK\r\nX: "), "in_doubt", "malformedAnswer"),
        Fault(
            "redirects to the metadata of the cloud",
            .status(302, headers: "Location: http://169.254.169.254/latest/meta-data/\r\n"), "retry", "redirected (302)"),
        Fault("closes without a word", .silence, "in_doubt", "connection"),
        Fault(
            "resets in the middle of the answer", .reset(after: "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc"), "in_doubt",
            "connection"),
    ]

    @Test(arguments: faults)
    func `a misbehaving receiver is given up in time, classified, and its message kept`(fault: Fault) async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { _ in fault.answer }
            _ = try await database.addChannel(config: settings(receiver))
            try await database.planOpened()
            let start = ContinuousClock.now
            try await database.sendDue(database.worker())
            #expect(ContinuousClock.now - start < Self.patience)
            let line = try #require(try await database.lines().first)
            #expect(try await database.attempts(of: line.id) == [fault.outcome])
            #expect(line.state == (fault.outcome == "delivered" ? "sent" : "pending"))
            #expect(line.lastError == fault.error)
            #expect(receiver.requests.count == 1, "nothing is repeated or followed behind the ledger's back")
        }
    }

    @Test func `429 rests that channel as long as it asks, and no other`() async throws {
        try await LedgerDatabase.with { database in
            let busy = try WebReceiver { _ in .status(429, headers: "Retry-After: 30\r\n") }
            let well = try WebReceiver { _ in .status(200) }
            let resting = try await database.addChannel("busy", config: settings(busy))
            let other = try await database.addChannel("well", config: settings(well))
            for _ in 0..<3 {
                try await database.planOpened()
                try await database.sendDue(database.worker())
            }
            #expect(busy.requests.count == 1 && well.requests.count == 3)
            let rest = try #require(try await database.channel(resting)?.pausedUntil)
            #expect(rest.seconds(since: database.runtime.clock()) > 10)
            #expect(try await database.channel(other)?.pausedUntil == nil)
            let lines = try await database.lines().filter { $0.channelID == resting }
            #expect(lines.map(\.state) == ["pending", "pending", "pending"] && lines.map(\.attempts) == [1, 0, 0])
            #expect(try #require(lines.first).waitSeconds > 10)
        }
    }

    @Test func `a receiver that hangs holds up no message of another channel`() async throws {
        try await LedgerDatabase.with { database in
            let hanging = try WebReceiver { _ in .hang }
            let well = try WebReceiver { _ in .status(200) }
            _ = try await database.addChannel("a-hanging", config: settings(hanging))
            let other = try await database.addChannel("b-well", config: settings(well))
            try await database.planOpened(4)
            let queue = DeliveryQueue(maxInFlight: 64)
            let worker = database.worker()
            queue.admit(try await database.claim())
            queue.close()
            async let service: Void = DeliveryService(queue: queue, worker: worker, wakeup: .init()).run()
            var sent = 0
            while sent < 4 {
                try await Task.sleep(for: .milliseconds(50))
                sent = try await database.lines().count { $0.channelID == other && $0.state == "sent" }
            }
            #expect(try await database.lines().count { $0.channelID != other && $0.state == "sending" } == 4)
            try await service
        }
    }
}

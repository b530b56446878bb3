import Delivery
import Models
import Postgres
import ServiceKit
import Store
import Testing

@testable import notifier

/// From claim to outcome with a receiver on this machine.
@Suite(.timeLimit(.minutes(10))) struct SendingTests {
    private static let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

    private func settings(_ receiver: WebReceiver) -> String { #"{"url": "\#(receiver.url)", "secret": ["\#(Self.secret)"]}"# }

    @Test func `what is claimed is sent, and the service ends with what it has`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { _ in .status(204) }
            _ = try await database.addChannel(config: settings(receiver))
            let events = try await database.planOpened(3)
            let queue = DeliveryQueue(maxInFlight: 64)
            let claims = ClaimPass(runtime: database.runtime, config: database.config(), queue: queue, owner: .current(name: "first"))
            #expect(try await claims.run() == 3)
            queue.close()
            try await DeliveryService(queue: queue, worker: database.worker(), wakeup: Wakeup()).run()
            #expect(queue.total == 0)
            #expect(try await database.lines().map(\.state) == ["sent", "sent", "sent"])
            #expect(receiver.requests.count == 3)
            for event in events { #expect(receiver.requests.contains { $0.body.contains(event.incident.id.description) }) }
            #expect(try await database.deliveriesWithFactOfTheirTransaction() == 3)
            #expect(try await database.finishedWithGaps() == 0)
        }
    }

    @Test func `an answer that was lost is in doubt, and the message goes again with the same id`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { $0 == 1 ? .silence : .status(200) }
            _ = try await database.addChannel(config: settings(receiver))
            try await database.planOpened()
            let worker = database.worker()
            try await database.sendDue(worker)
            let line = try #require(try await database.lines().first)
            #expect(line.state == "pending" && line.resends == 1)
            try await database.makeDue()
            try await database.sendDue(worker)
            #expect(try await database.lines().map(\.state) == ["sent"])
            #expect(try await database.attempts(of: line.id) == ["in_doubt", "delivered"])
            #expect(receiver.requests.map { $0.header("webhook-id") } == ["msg_\(line.id)", "msg_\(line.id)"])
        }
    }

    @Test func `a chat message whose answer is lost twice is left in doubt`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { _ in .silence }
            _ = try await database.addChannel(type: "slack", config: #"{"url": "\#(receiver.url)"}"#)
            try await database.planOpened()
            let worker = database.worker()
            for _ in 0..<3 {
                try await database.sendDue(worker)
                try await database.makeDue()
            }
            #expect(try await database.lines().map(\.state) == ["in_doubt"])
            #expect(receiver.requests.count == 2)
            #expect(try await database.facts().map(\.state) == [.inDoubt])
        }
    }

    @Test func `a receiver in trouble is tried later, as it asks`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { $0 == 1 ? .status(503, headers: "Retry-After: 90\r\n") : .status(200) }
            let channel = try await database.addChannel(config: settings(receiver))
            try await database.planOpened()
            let worker = database.worker()
            try await database.sendDue(worker)
            let line = try #require(try await database.lines().first)
            #expect(line.state == "pending" && line.resends == 0 && line.waitSeconds > 80)
            #expect(try await database.channel(channel)?.pausedUntil != nil)
            try await database.makeDue()
            try await database.sendDue(worker)
            #expect(receiver.requests.count == 1)
            try await database.endRests()
            try await database.sendDue(worker)
            #expect(try await database.lines().map(\.state) == ["sent"])
        }
    }

    @Test func `410 ends the channel`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { _ in .status(410) }
            let channel = try await database.addChannel(config: settings(receiver))
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            try await database.plan([opened, resolved])
            try await database.sendDue(database.worker())
            #expect(try await database.channel(channel)?.enabled == false)
            _ = try await database.leases.run()
            #expect(try await database.lines().map(\.state) == ["dead", "suppressed"])
            #expect(try await database.facts().map(\.state) == [.dead, .suppressed])
            #expect(receiver.requests.count == 1)
        }
    }

    @Test func `a delivery that somebody else has taken over is not sent`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { _ in .status(200) }
            _ = try await database.addChannel(config: settings(receiver))
            try await database.planOpened()
            let old = try #require(try await database.claim().first)
            try await database.expireLeases()
            _ = try await database.leases.run()
            try await database.makeDue()
            let new = try #require(try await database.claim(owner: "second").first)
            // Leases so short that the worker must renew before the send.
            let slow = database.worker(["TOCSIN_NOTIFIER_LEASE_SECONDS": "5"])
            let queue = DeliveryQueue(maxInFlight: 1)
            await slow.carryOut(old, queue)
            #expect(receiver.requests.isEmpty)
            #expect(try await database.lines().map(\.leaseOwner) == ["second"])
            await slow.carryOut(new, queue)
            #expect(receiver.requests.count == 1)
            #expect(try await database.lines().map(\.state) == ["sent"])
        }
    }

    @Test func `settings that cannot be used, and addresses that may not be, end the message with a reason`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { _ in .status(200) }
            _ = try await database.addChannel("a", config: "{}")
            _ = try await database.addChannel("b", type: "carrier-pigeon")
            _ = try await database.addChannel("c", config: settings(receiver))
            try await database.planOpened()
            try await database.sendDue(database.worker(allowsPrivateAddresses: false))
            let lines = try await database.lines()
            #expect(lines.map(\.state) == ["dead", "dead", "dead"])
            #expect(lines.map(\.lastError) == ["configuration", "configuration", "addressRefused"])
            #expect(receiver.requests.isEmpty)
            #expect(try await database.finishedWithGaps() == 0)
        }
    }

    @Test func `who slept after the claim asks before the send whether the message is still his`() async throws {
        try await LedgerDatabase.with { database in
            let receiver = try WebReceiver { _ in .status(200) }
            _ = try await database.addChannel(config: settings(receiver))
            try await database.planOpened()
            var sleeper = try #require(try await database.claim().first)
            try await database.expireLeases()
            _ = try await database.leases.run()
            // As if the process had been stopped for ten minutes between the claim and the send.
            sleeper.claimedAt -= .seconds(600)
            let queue = DeliveryQueue(maxInFlight: 2)
            await database.worker().carryOut(sleeper, queue)
            #expect(receiver.requests.isEmpty)
            try await database.makeDue()
            // One who slept and whose lease nobody took goes on.
            var second = try #require(try await database.claim().first)
            second.claimedAt -= .seconds(600)
            await database.worker().carryOut(second, queue)
            #expect(receiver.requests.count == 1)
            #expect(try await database.lines().map(\.state) == ["sent"])
        }
    }

    @Test(arguments: [-7200, 7200])
    func `a wall clock that is hours off moves no retry, no pause and no signature`(seconds: Int) async throws {
        try await LedgerDatabase.with(clockOffBySeconds: seconds) { database in
            let receiver = try WebReceiver { $0 == 1 ? .status(503, headers: "Retry-After: 40\r\n") : .status(200) }
            let channel = try await database.addChannel(config: settings(receiver))
            try await database.planOpened()
            let worker = database.worker()
            try await database.sendDue(worker)
            let line = try #require(try await database.lines().first)
            #expect((30...50).contains(line.waitSeconds))
            let pause = try await database.pool.query(
                """
                SELECT extract(epoch FROM paused_until - now())::double precision AS s FROM notification_channels WHERE id = $1
                """, [channel])
            #expect((30...41).contains(try #require(pause.first).double("s")))
            let signedAt = try #require(receiver.requests.first?.header("webhook-timestamp").flatMap { Int64($0) })
            let databaseTime = try #require(try await database.pool.query("SELECT extract(epoch FROM now())::bigint AS s").first)
            #expect(abs(try databaseTime.int64("s") - signedAt) < 60)
        }
    }
}

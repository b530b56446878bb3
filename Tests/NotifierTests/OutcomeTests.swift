import Delivery
import Models
import Postgres
import Store
import Testing

@testable import notifier

/// What an attempt leaves behind: row, attempt, thread and fact, against a real PostgreSQL.
@Suite(.timeLimit(.minutes(10))) struct OutcomeTests {
    @Test func `what was taken is finished with its fact in the same transaction`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel()
            let event = try await database.planOpened()[0]
            let delivery = try #require(try await database.claim().first)
            await database.record(.delivered(providerID: "p-1", threadReference: nil), of: delivery)
            let line = try #require(try await database.lines().first)
            #expect(line.state == "sent" && line.isFinished && line.leaseOwner == nil && line.lastError == nil)
            let fact = try #require(try await database.facts().first)
            #expect(fact.deliveryID == delivery.id && fact.teamID == database.team && fact.incidentID == event.incident.id)
            #expect(fact.channelID == channel && fact.channelType == "webhook" && fact.sequence == 1)
            #expect(fact.state == .sent && fact.attempts == 1 && fact.providerID == "p-1" && fact.reason == nil)
            #expect(try await database.deliveriesWithFactOfTheirTransaction() == 1)
            #expect(try await database.attempts(of: delivery.id) == ["delivered"])
        }
    }

    @Test func `without its fact no outcome is committed`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel()
            try await database.planOpened()
            let delivery = try #require(try await database.claim().first)
            _ = try await database.pool.query("ALTER TABLE outbox RENAME TO outbox_away")
            await database.record(.permanent(Refusal(.gone, status: 410)), of: delivery)
            #expect(try await database.lines().map(\.state) == ["sending"])
            #expect(try await database.attempts(of: delivery.id) == [nil])
            #expect(try await database.channel(channel)?.enabled == true)
            _ = try await database.pool.query("ALTER TABLE outbox_away RENAME TO outbox")
            await database.record(.permanent(Refusal(.gone, status: 410)), of: delivery)
            #expect(try await database.lines().map(\.state) == ["dead"])
            #expect(try await database.facts().map(\.state) == [.dead])
        }
    }

    @Test func `an outcome is written once`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let delivery = try #require(try await database.claim().first)
            await database.record(.delivered(providerID: "1", threadReference: nil), of: delivery)
            await database.record(.permanent(Refusal(.rejected)), of: delivery)
            #expect(try await database.lines().map(\.state) == ["sent"])
            #expect(try await database.facts().map(\.state) == [.sent])
        }
    }

    @Test func `a failure moves the next attempt as the schedule says and gives up after the last with a reason`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let id = try #require(try await database.lines().first).id
            for delay in [5, 30, 120, 600, 1800, 3600, 10_800, 28_800, 43_200] {
                let delivery = try #require(try await database.claim().first)
                await database.record(.retry(afterSeconds: nil, Refusal(.serverError, status: 503)), of: delivery)
                let line = try #require(try await database.lines().first)
                #expect(line.state == "pending" && line.resends == 0 && !line.isFinished)
                // A fifth of jitter at most; some seconds may have passed.
                #expect((Double(delay) - 4...Double(delay) * 1.2).contains(line.waitSeconds), "after attempt \(line.attempts)")
                #expect(try await database.facts().isEmpty)
                try await database.endRests()
                try await database.makeDue()
            }
            let last = try #require(try await database.claim().first)
            await database.record(.retry(afterSeconds: nil, Refusal(.serverError, status: 503)), of: last)
            let line = try #require(try await database.lines().first)
            #expect(line.state == "dead" && line.attempts == 10 && line.isFinished && line.lastError == "serverError (503)")
            let fact = try #require(try await database.facts().first)
            #expect(fact.state == .dead && fact.attempts == 10 && fact.reason == "serverError (503)")
            #expect(try await database.attempts(of: id) == Array(repeating: "retry", count: 10))
            #expect(try await database.deliveriesWithFactOfTheirTransaction() == 1)
        }
    }

    @Test func `what cannot help is given up at once and does not hold up the next`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            try await database.plan([opened, resolved])
            let delivery = try #require(try await database.claim().first)
            await database.record(.permanent(Refusal(.rejected, status: 400)), of: delivery)
            #expect(try await database.lines().map(\.state) == ["dead", "pending"])
            #expect(try await database.facts().map(\.reason) == ["rejected (400)"])
            #expect(try await database.claim().map(\.sequence) == [2])
        }
    }

    @Test func `a message that is gone is forgotten and the same delivery goes anew at once`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel(type: "slack-bot")
            let opened = try await database.opened()
            let resolved = try await database.resolved(opened)
            try await database.plan([opened, resolved])
            let post = try #require(try await database.claim().first)
            await database.record(.delivered(providerID: "1", threadReference: "C1/1"), of: post)
            let edit = try #require(try await database.claim().first)
            #expect(edit.threadReference == "C1/1")
            await database.record(.threadGone(Refusal(.messageGone)), of: edit)
            let anew = try #require(try await database.claim().first)
            #expect(anew.id == edit.id && anew.attempts == 2 && anew.threadReference == nil)
            await database.record(.delivered(providerID: "2", threadReference: "C1/2"), of: anew)
            #expect(try await database.claim().map(\.threadReference) == ["C1/2"])
        }
    }

    @Test func `every delivery that has ended has all its attempts, each with an outcome`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel("a", type: "slack")
            _ = try await database.addChannel("b", type: "webhook")
            _ = try await database.addChannel("c", type: "slack-bot")
            try await database.planOpened(6)
            let outcomes: [Outcome] = [
                .delivered(providerID: "1", threadReference: nil), .retry(afterSeconds: 3, Refusal(.rateLimited, status: 429)),
                .inDoubt(Refusal(.timeout)), .permanent(Refusal(.rejected)), .threadGone(Refusal(.messageGone)),
            ]
            var step = 0
            while step < 1000 {
                let claimed = try await database.claim()
                if claimed.isEmpty { break }
                for delivery in claimed {
                    step += 1
                    if step % 7 == 0 { continue }  // its process dies
                    await database.record(outcomes[step % outcomes.count], of: delivery)
                }
                try await database.expireLeases()
                _ = try await database.leases.run()
                try await database.endRests()
                try await database.makeDue()
            }
            let lines = try await database.lines()
            #expect(lines.count == 18)
            #expect(lines.allSatisfy { $0.isFinished })
            #expect(try await database.finishedWithGaps() == 0)
            #expect(try await database.facts().count == 18)
            #expect(try await database.deliveriesWithFactOfTheirTransaction() == 18)
        }
    }
}

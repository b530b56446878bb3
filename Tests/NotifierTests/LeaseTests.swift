import Delivery
import Models
import Postgres
import Store
import Testing

@testable import notifier

/// What happens to deliveries whose process is gone, against a real PostgreSQL.
@Suite(.timeLimit(.minutes(10))) struct LeaseTests {
    @Test func `a lease that holds is left alone`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            _ = try await database.claim()
            #expect(try await database.leases.run() == 0)
            #expect(try await database.lines().map(\.state) == ["sending"])
        }
    }

    @Test func `after an expired lease the delivery is claimed anew with a higher fence, as a resend`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let lost = try #require(try await database.claim().first)
            try await database.expireLeases()
            #expect(try await database.leases.run() == 1)
            let line = try #require(try await database.lines().first)
            #expect(line.state == "pending" && line.resends == 1 && line.leaseOwner == nil && line.lastError == "interrupted")
            #expect(line.waitSeconds > 1)
            #expect(try await database.claim().isEmpty)
            try await database.makeDue()
            let anew = try #require(try await database.claim(owner: "second").first)
            #expect(anew.id == lost.id)
            #expect(anew.fence > lost.fence)
            #expect(anew.attempts == 2 && anew.resends == 1)
            #expect(try await database.attempts(of: lost.id) == ["in_doubt", nil])
        }
    }

    @Test func `the old holder can neither write its outcome nor go on`() async throws {
        try await LedgerDatabase.with { database in
            let channel = try await database.addChannel(type: "slack-bot")
            try await database.planOpened()
            let old = try #require(try await database.claim().first)
            try await database.expireLeases()
            _ = try await database.leases.run()
            // Given back, nobody has it.
            await database.record(.permanent(Refusal(.gone)), of: old)
            #expect(try await database.lines().map(\.state) == ["pending"])
            #expect(try await LeaseStore.renew(old, seconds: 60, in: database.pool) == false)
            try await database.makeDue()
            let new = try #require(try await database.claim(owner: "second").first)
            // Somebody else has it.
            await database.record(.delivered(providerID: "old", threadReference: "old"), of: old)
            await database.record(.permanent(Refusal(.gone)), of: old)
            #expect(try await LeaseStore.renew(old, seconds: 60, in: database.pool) == false)
            #expect(try await LeaseStore.renew(new, seconds: 60, in: database.pool))
            let line = try #require(try await database.lines().first)
            #expect(line.state == "sending" && line.leaseOwner == "second")
            #expect(try await database.facts().isEmpty)
            #expect(try await database.channel(channel)?.enabled == true)
            #expect(try await database.count("SELECT count(*) FROM channel_threads") == 0)
            await database.record(.delivered(providerID: "new", threadReference: "new"), of: new)
            #expect(try await database.facts().map(\.providerID) == ["new"])
            #expect(try await database.attempts(of: new.id) == ["in_doubt", "delivered"])
        }
    }

    @Test func `a lease that was renewed does not run out`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let delivery = try #require(try await database.claim().first)
            try await database.expireLeases()
            #expect(try await LeaseStore.renew(delivery, seconds: 60, in: database.pool))
            #expect(try await database.leases.run() == 0)
            await database.record(.delivered(providerID: nil, threadReference: nil), of: delivery)
            #expect(try await database.lines().map(\.state) == ["sent"])
        }
    }

    @Test func `two replicas settle an expired lease once`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened(10)
            _ = try await database.claim(perChannel: 10)
            try await database.expireLeases()
            let handled = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await database.leases.run() } }
                return try await group.reduce(0, +)
            }
            #expect(handled == 10)
            #expect(try await database.lines().allSatisfy { $0.state == "pending" && $0.resends == 1 })
        }
    }

    @Test func `a message without an id of its own is sent again once, then left in doubt`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel(type: "slack")
            try await database.planOpened()
            let id = try #require(try await database.lines().first).id
            for _ in 0..<2 {
                try await database.makeDue()
                #expect(try await database.claim().map(\.id) == [id])
                try await database.expireLeases()
                _ = try await database.leases.run()
            }
            let line = try #require(try await database.lines().first)
            #expect(line.state == "in_doubt" && line.isFinished && line.attempts == 2 && line.lastError == "interrupted")
            try await database.makeDue()
            #expect(try await database.claim().isEmpty)
            #expect(try await database.facts().map(\.state) == [.inDoubt])
            #expect(try await database.facts().map(\.reason) == ["interrupted"])
            #expect(try await database.deliveriesWithFactOfTheirTransaction() == 1)
            #expect(try await database.finishedWithGaps() == 0)
        }
    }

    @Test func `a message whose id the receiver knows again is sent until the attempts are used up`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel(type: "webhook")
            try await database.planOpened()
            let id = try #require(try await database.lines().first).id
            var attempts = 0
            while let delivery = try await database.claim().first, attempts < 20 {
                attempts += 1
                #expect(delivery.id == id)
                await database.record(.inDoubt(Refusal(.timeout)), of: delivery)
                try await database.endRests()
                try await database.makeDue()
            }
            let line = try #require(try await database.lines().first)
            #expect(attempts == 10)
            #expect(line.state == "in_doubt" && line.resends == 9 && line.lastError == "timeout")
            #expect(try await database.attempts(of: id) == Array(repeating: "in_doubt", count: 10))
            #expect(try await database.facts().map(\.attempts) == [10])
        }
    }

    @Test func `the leases of a process that has ended on this machine are taken over at once`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened(3)
            let me = LeaseOwner.current(name: "second")
            // Ended: a process id of this namespace that belongs to nobody, or to a process that began at another time.
            let dead = LeaseOwner(name: "first", boot: me.boot, namespace: me.namespace, pid: me.pid, start: me.start + 1)
            let elsewhere = LeaseOwner(name: "first", boot: "other", namespace: me.namespace, pid: me.pid, start: me.start + 1)
            for owner in [dead, elsewhere, me] {
                #expect(try await database.claim(perChannel: 9, total: 1, owner: owner.description, leaseSeconds: 600).count == 1)
            }
            // Also right after a start of PostgreSQL, when nothing else is taken over.
            var pass = database.leases(held: DeliveryQueue(maxInFlight: 1), owner: me)
            pass.restartGraceSeconds = 1_000_000
            #expect(try await pass.run() == 1)
            let lines = try await database.lines()
            #expect(lines.count { $0.state == "pending" && $0.resends == 1 } == 1)
            #expect(Set(lines.filter { $0.state == "sending" }.map(\.leaseOwner)) == [elsewhere.description, me.description])
        }
    }

    @Test func `after a start of PostgreSQL the holders have time to write what they could not`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            _ = try await database.claim()
            try await database.expireLeases()
            var pass = database.leases
            pass.restartGraceSeconds = 1_000_000
            #expect(try await pass.run() == 0)
            pass.restartGraceSeconds = 0
            #expect(try await pass.run() == 1)
        }
    }

    @Test func `what this process is still at is not taken from it for a while, by others it is`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let queue = DeliveryQueue(maxInFlight: 4)
            let delivery = try #require(try await database.claim().first)
            queue.admit([delivery])
            try await database.expireLeases()
            #expect(try await database.leases(held: queue).run() == 0)
            await database.record(.delivered(providerID: nil, threadReference: nil), of: delivery)
            #expect(try await database.lines().map(\.state) == ["sent"])
            queue.finished(delivery)
            #expect(queue.held.isEmpty && queue.total == 0)

            try await database.planOpened()
            let second = try #require(try await database.claim().first)
            queue.admit([second])
            try await database.expireLeases()
            #expect(try await database.leases.run() == 1, "another replica")
        }
    }

    @Test func `an attempt that may have arrived is remembered until the message is certain to be there`() async throws {
        try await LedgerDatabase.with { database in
            _ = try await database.addChannel()
            try await database.planOpened()
            let first = try #require(try await database.claim().first)
            #expect(first.doubt == nil)
            await database.record(.inDoubt(Refusal(.timeout)), of: first)
            try await database.makeDue()
            let second = try #require(try await database.claim().first)
            let doubt = try #require(second.doubt)
            #expect(doubt.attempts == 1 && doubt.failedLookUps == 0)
            #expect(doubt.firstAttemptAt == first.claimedAtByDatabase && doubt.lastAttemptAt == doubt.firstAttemptAt)
            // A failure for certain leaves the doubt as it is.
            await database.record(.retry(afterSeconds: nil, Refusal(.serverError)), of: second)
            try await database.makeDue()
            let third = try #require(try await database.claim().first)
            #expect(third.doubt == doubt)
            await database.record(.inDoubt(Refusal(.timeout)), of: third)
            try await database.endRests()
            try await database.makeDue()
            let fourth = try #require(try await database.claim().first)
            #expect(fourth.doubt?.attempts == 2 && fourth.doubt?.firstAttemptAt == doubt.firstAttemptAt)
            #expect(fourth.doubt?.lastAttemptAt == third.claimedAtByDatabase)
            await database.record(.delivered(providerID: nil, threadReference: nil), of: fourth)
            #expect(try await database.count("SELECT count(*) FROM deliveries WHERE in_doubt_since IS NOT NULL") == 0)
        }
    }
}

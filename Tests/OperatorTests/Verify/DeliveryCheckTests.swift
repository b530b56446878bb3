import Delivery
import Models
import Testing

@testable import tocsin

@Suite struct DeliveryCheckTests {
    private let registry: ChannelRegistry
    private let opened: IncidentEvent
    private let resolved: IncidentEvent
    private let updated: IncidentEvent

    init() throws {
        registry = try ChannelRegistry()
        opened = try #require(VerifyScene.evidence([.opened]).last)
        updated = try VerifyScene.next(.updated, of: opened.incident, at: VerifyScene.at(10))
        resolved = try VerifyScene.next(.resolved, of: updated.incident, at: VerifyScene.at(20))
    }

    private func channel(
        type: String = "webhook", since: Int = -100, isEnabled: Bool = true, minSeverity: Severity = .low
    ) -> VerifiedChannel {
        let id = ChannelID.random()
        return VerifiedChannel(
            id: id, name: "ops", route: ChannelRoute(channelID: id, teamID: VerifyScene.team, type: type, minSeverity: minSeverity),
            isEnabled: isEnabled, routedSince: VerifyScene.at(since))
    }

    private func row(
        _ event: IncidentEvent, _ channel: VerifiedChannel, part: Int = 0, state: String = "sent", resends: Int = 0, kind: String? = nil
    ) -> LedgerEntry {
        LedgerEntry(
            id: .random(), incidentID: event.incident.id, sequence: event.sequence, channelID: channel.id,
            channelType: channel.route?.type ?? "webhook", part: part, kind: kind ?? event.kind.rawValue, state: state, resends: resends,
            nextAttemptAt: event.at, reason: state == "suppressed" ? "flapping" : nil, createdAt: event.at, finishedAt: event.at)
    }

    private func check(
        _ event: IncidentEvent, _ rows: [LedgerEntry], _ channels: VerifiedChannel..., handled: Int64 = 99
    ) -> Findings {
        DeliveryCheck(channels: channels, registry: registry, team: "ops").examine(event, Ledger(rows), handled: handled)
    }

    @Test("One row for each message that the plan makes is right")
    func clean() {
        let hook = channel()
        #expect(check(opened, [row(opened, hook)], hook)[.deliveries].counts == [.ok: 1])
        #expect(check(updated, [row(opened, hook)], hook)[.deliveries].counts == [:])
    }

    @Test("A message without a row is lost, by event, channel and part")
    func missing() {
        let hook = channel()
        #expect(check(opened, [], hook).list(.deliveries) == ["lost no_row \(opened.id)/\(hook.id)/0"])
        let bot = channel(type: "slack-bot")
        let rows = [row(opened, bot), row(resolved, bot)]
        #expect(check(resolved, rows, bot).list(.deliveries) == ["lost no_row \(resolved.id)/\(bot.id)/1"])
    }

    @Test("An edit may be overtaken by a later one; the last one may not be missing")
    func overtaken() {
        let bot = channel(type: "slack-bot")
        let told = row(opened, bot)
        #expect(check(updated, [told, row(resolved, bot), row(resolved, bot, part: 1)], bot).list(.deliveries) == [])
        #expect(check(updated, [told], bot).list(.deliveries) == ["lost no_row \(updated.id)/\(bot.id)/0"])
        #expect(check(updated, [], bot).list(.deliveries) == [])
    }

    @Test("Who was not to be told is not missed")
    func notRouted() {
        #expect(check(opened, [], channel(minSeverity: .critical)).list(.deliveries) == [])
        #expect(check(opened, [], channel(isEnabled: false)).list(.deliveries) == [])
    }

    @Test("What was planned before the channel was as it is cannot be checked")
    func changedSince() {
        let young = channel(since: 5)
        #expect(check(opened, [], young).list(.deliveries) == ["notChecked channel_changed \(opened.id)/\(young.id)/0"])
        #expect(check(opened, [row(opened, young)], young)[.deliveries].counts == [.ok: 1])
    }

    @Test("An event that the notifier has not handled is pending")
    func pending() {
        let hook = channel()
        #expect(check(opened, [], hook, handled: 0)[.deliveries].counts == [.pending: 1])
        #expect(check(opened, [row(opened, hook, state: "pending")], hook)[.deliveries].count(.pending) == 1)
    }

    @Test("Two rows of one message are a duplicate")
    func duplicate() {
        let hook = channel()
        let found = check(opened, [row(opened, hook), row(opened, hook)], hook)
        #expect(found.list(.deliveries) == ["duplicate two_rows \(opened.id)/\(hook.id)/0"])
    }

    @Test("A row that nobody asked for is a phantom")
    func phantom() {
        let quiet = channel(minSeverity: .critical)
        let stray = row(opened, quiet)
        #expect(check(opened, [stray], quiet).list(.deliveries) == ["phantom not_routed \(stray.id)"])
        let orphan = DeliveryCheck(channels: [quiet], registry: registry, team: "ops").phantom(stray)
        #expect(orphan.status == .phantom && orphan.id == "\(stray.id)")
    }

    @Test("A row of another kind than its event is wrong")
    func kind() {
        let hook = channel()
        let odd = row(opened, hook, kind: "resolved")
        #expect(check(opened, [odd], hook).list(.deliveries) == ["wrong kind \(odd.id)"])
    }

    @Test(
        "Each state of a message means what it says",
        arguments: [
            ("sent", 0, "webhook", VerifyStatus.ok), ("sent", 1, "webhook", .repeated), ("sent", 1, "slack", .inDoubt),
            ("suppressed", 0, "slack", .ok), ("in_doubt", 1, "slack", .inDoubt), ("dead", 0, "slack", .setAside),
            ("pending", 0, "slack", .pending), ("sending", 0, "slack", .pending), ("vanished", 0, "slack", .wrong),
        ])
    func states(state: String, resends: Int, type: String, expected: VerifyStatus) {
        let hook = channel(type: type)
        #expect(check(opened, [row(opened, hook, state: state, resends: resends)], hook)[.deliveries].counts == [expected: 1])
    }

    @Test("An event that its consumer has passed and not handled is lost, unless it is a dead letter")
    func passedOver() {
        let place = RecordPlace(partition: 1, offset: 7)
        func status(_ offsets: [Int32: Int64], letters: [RecordPlace: Bool] = [:], foreign: Set<Int32> = []) -> VerifyStatus? {
            let consumption = Consumption(offsets: offsets, foreign: foreign, letters: letters)
            return ProgressCheck.passedOver("i/1", at: place, by: consumption, check: .deliveries, team: "ops")?.status
        }
        #expect(status([1: 8]) == .lost)
        #expect(status([1: 7]) == nil)
        #expect(status([:]) == nil)
        #expect(status([1: 8], letters: [place: false]) == .setAside)
        #expect(status([1: 8], foreign: [1]) == nil)
    }
}

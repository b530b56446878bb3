import Delivery
import Models
import Testing

@Suite struct DeliveryPlanTests {
    private let slack = ChannelID.random()
    private let bot = ChannelID.random()
    private let now = Fixture.now.adding(seconds: 10_000)

    private func route(
        _ id: ChannelID, type: String = "slack", minSeverity: Severity = .low, matchers: [String] = [], kinds: [IncidentEvent.Kind] = []
    ) -> ChannelRoute {
        ChannelRoute(
            channelID: id, teamID: Fixture.team, type: type, minSeverity: minSeverity, matchers: matchers.compactMap(LabelMatcher.init),
            kinds: kinds)
    }

    private func plan(
        _ events: [IncidentEvent], _ routes: [ChannelRoute], history: DeliveryHistory = DeliveryHistory(), now: Timestamp? = nil
    ) throws -> DeliveryPlan {
        DeliveryPlan.plan(events, routes: routes, history: history, registry: try ChannelRegistry(), now: now ?? self.now)
    }

    private func told(_ kind: IncidentEvent.Kind = .opened, held: Bool = false) -> DeliveryHistory {
        var history = DeliveryHistory()
        for channel in [slack, bot] { history.told[Conversation(Fixture.incidentID, channel)] = .init(kind: kind, isHeld: held) }
        return history
    }

    /// open, then resolved and reopened so many times, a minute apart.
    private func flapping(_ times: Int) throws -> [IncidentEvent] {
        let system = Actor.system("alert-grouper")
        var events = [try Fixture.event(.opened)]
        for _ in 0..<times {
            let last = try #require(events.last)
            let resolved = try last.incident.resolved(by: system, at: last.at.adding(seconds: 60))
            events.append(resolved)
            events.append(resolved.incident.reopened(by: system, at: resolved.at.adding(seconds: 60), change: .init()) { _ in })
        }
        return events
    }

    @Test func eachKindReachesTheChannelByDefaultSaveUpdates() throws {
        for kind in IncidentEvent.Kind.allCases {
            let rows = try plan([try Fixture.event(kind)], [route(slack)], history: told()).deliveries
            #expect(rows.map(\.state) == (kind == .updated ? [] : [.pending]), "\(kind)")
        }
    }

    @Test func onlyTheTeamsOwnChannelsHearOfIt() throws {
        var foreign = try Fixture.event(.opened)
        foreign.incident.teamID = .random()
        #expect(try plan([foreign], [route(slack)]).deliveries.isEmpty)
    }

    @Test func severityMatchersAndKindsDecide() throws {
        let event = try Fixture.event(.opened, Fixture.incident(severity: .medium))
        #expect(try plan([event], [route(slack, minSeverity: .medium)]).deliveries.count == 1)
        #expect(try plan([event], [route(slack, minSeverity: .high)]).deliveries.isEmpty)
        #expect(try plan([event], [route(slack, matchers: ["service=db", "alertname=~Disk.*"])]).deliveries.count == 1)
        #expect(try plan([event], [route(slack, matchers: ["service=db", "env=prod"])]).deliveries.isEmpty)
        #expect(try plan([event], [route(slack, kinds: [.resolved])]).deliveries.isEmpty)
        #expect(try plan([event], [route(slack, kinds: [.opened])]).deliveries.count == 1)
    }

    @Test func anIncidentThatRisesToTheChannelsSeverityIsNews() throws {
        var event = try Fixture.event(.updated)
        event.change.previousSeverity = .medium
        #expect(try plan([event], [route(slack, minSeverity: .high)]).deliveries.map(\.state) == [.pending])
        #expect(try plan([event], [route(slack, minSeverity: .medium)]).deliveries.isEmpty)
    }

    @Test func aStormOfUpdatesPagesNobodyAndEditsOnce() throws {
        var events = [try Fixture.event(.opened)]
        for _ in 0..<500 {
            let last = try #require(events.last)
            events.append(
                last.incident.updated(by: .system("alert-grouper"), at: last.at, change: .init(alertsFired: 1)) { $0.alertCount += 1 })
        }
        let rows = try plan(events, [route(slack), route(bot, type: "slack-bot")]).deliveries
        #expect(rows.filter { $0.channelID == slack }.map(\.event.kind) == [.opened])
        #expect(rows.filter { $0.channelID == bot }.map(\.event.sequence) == [1, 501])
    }

    @Test func aWaitingEditInTheLedgerIsOvertaken() throws {
        let plan = try plan([try Fixture.event(.updated)], [route(bot, type: "slack-bot"), route(slack)], history: told())
        #expect(plan.superseded == [Conversation(Fixture.incidentID, bot)])
    }

    @Test func changesOfAnIncidentThatNobodyWasToldOfStayUntold() throws {
        #expect(try plan([try Fixture.event(.updated)], [route(bot, type: "slack-bot")]).deliveries.isEmpty)
    }

    @Test func aChannelThatUpdatesInPlaceEditsAndAddsToTheThread() throws {
        let first = try plan([try Fixture.event(.opened)], [route(bot, type: "slack-bot")]).deliveries
        #expect(first.map(\.part) == [.main])
        let later = try plan([try Fixture.event(.acknowledged)], [route(bot, type: "slack-bot")], history: told()).deliveries
        #expect(later.map(\.part) == [.main, .reply])
    }

    @Test func fromTheThirdReopeningInAnHourPeopleAreSparedIt() throws {
        let plan = try plan(try flapping(3), [route(slack), route(bot, type: "slack-bot")])
        let rows = plan.deliveries.filter { $0.channelID == slack }
        #expect(rows.map(\.event.kind) == [.opened, .resolved, .reopened, .resolved, .reopened, .resolved, .reopened])
        #expect(
            rows.map(\.state) == [
                .pending, .pending, .pending, .pending, .pending, .suppressed(.flapping), .suppressed(.flapping),
            ])
        #expect(plan.deliveries.filter { $0.channelID == bot }.allSatisfy { $0.state == .pending })
        #expect(plan.releasedHolds == [Conversation(Fixture.incidentID, slack)])
    }

    @Test func theLastWordOfAFlappingIncidentIsTold() throws {
        let events = try flapping(2)
        let last = try #require(events.last)
        let resolved = try last.incident.resolved(by: .system("alert-grouper"), at: last.at.adding(seconds: 60))
        let state = try plan(events + [resolved], [route(slack)]).deliveries.last?.state
        #expect(state == .held(until: resolved.at.adding(seconds: DeliveryPlan.flapHoldSeconds)))
    }

    @Test func whoHeardThatItIsOverHearsThatItIsNot() throws {
        let reopened = try #require(try flapping(5).last)
        var history = told(.resolved)
        history.reopenings[Fixture.incidentID] = [3: Fixture.now, 5: Fixture.now, 7: Fixture.now]
        #expect(try plan([reopened], [route(slack)], history: history).deliveries.map(\.state) == [.pending])
        history.told[Conversation(Fixture.incidentID, slack)] = .init(kind: .reopened, isHeld: false)
        #expect(try plan([reopened], [route(slack)], history: history).deliveries.map(\.state) == [.suppressed(.flapping)])
        history.told[Conversation(Fixture.incidentID, slack)] = .init(kind: .resolved, isHeld: true)
        #expect(try plan([reopened], [route(slack)], history: history).releasedHolds.count == 1)
    }

    @Test func reopeningsOfEarlierHoursDoNotCount() throws {
        let reopened = try #require(try flapping(1).last)
        var history = told(.acknowledged)
        let before = reopened.at.adding(seconds: -3600)
        history.reopenings[Fixture.incidentID] = [0: before, -1: before, -2: before]
        #expect(try plan([reopened], [route(slack)], history: history).deliveries.map(\.state) == [.pending])
    }

    private let late = Fixture.now.adding(seconds: 10 * DeliveryPlan.maxAgeSeconds)

    private func history(_ current: Incident) -> DeliveryHistory { DeliveryHistory(current: [current.id: current]) }

    @Test func whatIsOlderThanADayAndOverIsKeptButNotTold() throws {
        let opened = try Fixture.event(.opened)
        let resolved = try opened.incident.resolved(by: .system("x"), at: opened.at)
        let tooOld = [PlannedDelivery.State.suppressed(.tooOld)]
        #expect(try plan([opened], [route(slack)], history: history(resolved.incident), now: late).deliveries.map(\.state) == tooOld)
        #expect(try plan([opened], [route(slack)], now: late).deliveries.map(\.state) == tooOld, "an incident that is gone")
        #expect(try plan([resolved], [route(slack)], history: history(resolved.incident), now: late).deliveries.map(\.state) == tooOld)
    }

    @Test func whatIsStillOpenIsToldOnceWhateverItsAgeAndAsItIsNow() throws {
        let opened = try Fixture.event(.opened)
        let acknowledged = try opened.incident.acknowledged(by: Actor(kind: .person, name: "ada"), assignee: "ada", at: opened.at)
        let before = history(acknowledged.incident)
        let all = try plan([opened, acknowledged], [route(slack)], history: before, now: late).deliveries
        #expect(all.map(\.state) == [.pending, .suppressed(.tooOld)])
        let told = try #require(all.first?.event)
        #expect(told.kind == .opened && told.sequence == 1 && told.at == opened.at)
        #expect(told.incident.status == .acknowledged && told.incident.assigneeID == "ada")
        // The same when the events come in two batches.
        var known = before
        known.told[Conversation(Fixture.incidentID, slack)] = .init(kind: .opened, isHeld: false)
        #expect(try plan([acknowledged], [route(slack)], history: known, now: late).deliveries.map(\.state) == [.suppressed(.tooOld)])
    }

    @Test func whoHeardLongAgoThatItIsOverHearsThatItIsOpen() throws {
        let reopened = try #require(try flapping(1).last)
        var known = history(reopened.incident)
        known.told[Conversation(Fixture.incidentID, slack)] = .init(kind: .resolved, isHeld: false)
        #expect(try plan([reopened], [route(slack)], history: known, now: late).deliveries.map(\.state) == [.pending])
        known.current[Fixture.incidentID]?.status = .resolved
        #expect(try plan([reopened], [route(slack)], history: known, now: late).deliveries.map(\.state) == [.suppressed(.tooOld)])
    }

    @Test func aMessageThatIsKeptUpToDateGetsItsLastStateHoweverOld() throws {
        let events = try flapping(1)
        let last = try #require(events.last)
        let rows = try plan(events, [route(bot, type: "slack-bot")], history: history(last.incident), now: late).deliveries
        #expect(rows.map(\.state) == [.pending, .suppressed(.tooOld), .suppressed(.tooOld), .pending, .pending])
        #expect(rows.map(\.event.sequence) == [1, 2, 2, 3, 3])
    }

    @Test func aTypeThatThisBuildDoesNotKnowFailsVisiblyLater() throws {
        #expect(try plan([try Fixture.event(.opened)], [route(slack, type: "carrier-pigeon")]).deliveries.map(\.state) == [.pending])
    }

    @Test func everyKindOfFlapEndsWithWhatIsTrue() throws {
        // Whatever the number of turns, the last message that is not suppressed says whether it is open or over.
        for times in 0...8 {
            for ends in [false, true] {
                var events = try flapping(times)
                let last = try #require(events.last)
                if ends { events.append(try last.incident.resolved(by: .system("x"), at: last.at.adding(seconds: 60))) }
                let told = try plan(events, [route(slack)]).deliveries.last { $0.suppression == nil }
                #expect((told?.event.kind == .resolved) == ends, "\(times) \(ends)")
            }
        }
    }
}

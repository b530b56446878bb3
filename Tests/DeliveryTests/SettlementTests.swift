import Delivery
import Models
import Testing

@Suite struct SettlementTests {
    private let now = Fixture.now
    private let next = Fixture.now.adding(seconds: 30)

    private func settle(
        _ outcome: Outcome, attempts: Int = 1, resends: Int = 0, doubt: ChannelTraits.Doubt = .resend, isLast: Bool = false
    ) -> Settlement {
        Settlement(outcome, attempts: attempts, resends: resends, doubt: doubt, now: now) { _, _ in isLast ? nil : next }
    }

    @Test func whatWasTakenIsSentAndTheChannelIsWell() {
        let settlement = settle(.delivered(providerID: "1", threadReference: "t"))
        #expect(settlement.state == .sent(providerID: "1", threadReference: "t"))
        #expect(settlement.channel == .healthy && settlement.refusal == nil)
    }

    @Test func aFailureIsTriedAgainUntilTheAttemptsAreUsedUp() {
        let refusal = Refusal(.serverError, status: 503)
        #expect(settle(.retry(afterSeconds: nil, refusal)).state == .pending(at: next, isResend: false))
        #expect(settle(.retry(afterSeconds: nil, refusal)).channel == .failed(refusal))
        #expect(settle(.retry(afterSeconds: nil, refusal), isLast: true).state == .dead)
    }

    @Test func theProvidersWishReachesThePolicyAndPausesTheChannel() {
        var asked: [Int?] = []
        let refusal = Refusal(.rateLimited, status: 429)
        let settlement = Settlement(.retry(afterSeconds: 40, refusal), attempts: 2, resends: 0, doubt: .resend, now: now) {
            asked += [$0, $1]
            return next
        }
        #expect(asked == [2, 40])
        #expect(settlement.channel == .pause(until: now.adding(seconds: 40), refusal))
    }

    @Test func aMessageThatMayHaveArrivedIsSentAgainAsOftenAsItsIdAllows() {
        let lost = Outcome.inDoubt(Refusal(.timeout))
        #expect(settle(lost, resends: 5, doubt: .resend).state == .pending(at: next, isResend: true))
        #expect(settle(lost, resends: 0, doubt: .resendOnce).state == .pending(at: next, isResend: true))
        #expect(settle(lost, resends: 1, doubt: .resendOnce).state == .inDoubt)
        #expect(settle(lost, doubt: .resend, isLast: true).state == .inDoubt)
    }

    @Test func aMessageThatIsLookedUpIsNoResendUntilThatIsKnown() {
        let lost = Outcome.inDoubt(Refusal(.timeout))
        #expect(settle(lost, resends: 3, doubt: .lookUp).state == .pending(at: next, isResend: false))
        #expect(settle(lost, doubt: .lookUp).raisesDoubt)
        #expect(settle(lost, doubt: .lookUp, isLast: true).state == .inDoubt)
        let found = settle(.found(providerID: "1", threadReference: "t"), doubt: .lookUp)
        #expect(found.state == .sent(providerID: "1", threadReference: "t") && found.channel == .healthy && !found.raisesDoubt)
        let busy = settle(.lookUpFailed(afterSeconds: 60, Refusal(.rateLimited)), doubt: .lookUp)
        #expect(busy.state == .pending(at: next, isResend: false) && busy.channel == .none && !busy.raisesDoubt)
        #expect(settle(.lookUpFailed(afterSeconds: nil, Refusal(.connection)), doubt: .lookUp).channel == .failed(Refusal(.connection)))
        #expect(settle(.lookUpFailed(afterSeconds: nil, Refusal(.timeout)), doubt: .lookUp, isLast: true).state == .inDoubt)
        #expect(settle(.leftInDoubt(Refusal(.authentication)), doubt: .lookUp).state == .inDoubt)
    }

    @Test func oneBadMessageIsNotTheChannelsFault() {
        #expect(settle(.permanent(Refusal(.rejected, status: 400))).channel == .none)
        #expect(settle(.permanent(Refusal(.authentication, status: 401))).channel == .failed(Refusal(.authentication, status: 401)))
        #expect(settle(.permanent(Refusal(.gone, status: 410))).channel == .disable(Refusal(.gone, status: 410)))
    }

    @Test func movingInACircleEndsWithTheAttempts() {
        #expect(settle(.moved(setting: "chatId", value: "2")).state == .pending(at: now, isResend: false))
        #expect(settle(.moved(setting: "chatId", value: "2"), isLast: true).state == .dead)
    }

    @Test func theBreakerRestsLongerEachTimeUpToAQuarterOfAnHour() {
        let rests = (0...20).map { ChannelBreaker.restSeconds(failures: $0) }
        #expect(rests.prefix(3).allSatisfy { $0 == nil })
        #expect(rests[3...9].map { $0 ?? 0 } == [15, 30, 60, 120, 240, 480, 900])
        #expect(rests.last == 900 && ChannelBreaker.restSeconds(failures: .max) == 900)
    }

    @Test func thePaceLetsABurstGoAndThenOneAtATime() {
        var keeper = PaceKeeper(Pace(perMinute: 60, burst: 3))
        let waits = (0..<6).map { _ in keeper.reserve(now: now).milliseconds(since: now) }
        #expect(waits == [0, 0, 0, 1000, 2000, 3000])
        let later = now.adding(seconds: 60)
        #expect((0..<4).map { _ in keeper.reserve(now: later).milliseconds(since: later) } == [0, 0, 0, 1000])
    }
}

import Logging
import Models
import ServiceKit
import Store
import Testing

@testable import ingest_gateway

@Suite struct DirectoryTests {
    private let log = LogRecorder()

    private func refresher(_ cache: DirectoryCache, _ load: @escaping @Sendable () async throws -> SenderDirectory) -> DirectoryRefresher {
        let log = log
        return DirectoryRefresher(
            cache: cache, intervalMilliseconds: 1, clock: { Fixture.now }, logger: Logger(label: "test") { _ in log }, refreshed: { _ in },
            load: load)
    }

    @Test func theOldKeysStayWhileThereAreNoNewOnes() async {
        let cache = DirectoryCache()
        let sender = Sender(keyID: .random(), teamID: .random(), source: nil, whenBrokerAway: .spool, expiresAt: nil)
        let directory = SenderDirectory(senders: [SenderDirectory.hash("token"): sender])
        #expect(await refresher(cache) { directory }.refresh(wasFailing: false) == false)
        #expect(await refresher(cache) { throw PublishFailure(reason: "away") }.refresh(wasFailing: false) == true)
        #expect(cache.current?.sender(token: "token", now: Fixture.now) == sender)
        #expect(log.text.split(separator: "\n").count == 1)
    }

    @Test func aStreakOfFailuresIsLoggedOnce() async {
        let refresher = refresher(DirectoryCache()) { throw PublishFailure(reason: "away") }
        #expect(await refresher.refresh(wasFailing: true) == true)
        #expect(log.text.isEmpty)
    }

    @Test func bucketsOfKeysThatAreGoneAreForgotten() {
        let limits = limits(["TOCSIN_GATEWAY_KEY_RATE_PER_S": "1", "TOCSIN_GATEWAY_KEY_BURST": "1"])
        let sender = sender()
        #expect(limits.secondsToWait(sender, now: Fixture.now) == nil)
        #expect(limits.secondsToWait(sender, now: Fixture.now)?.seconds == 1)
        limits.keep(SenderDirectory(senders: [:]))
        #expect(limits.secondsToWait(sender, now: Fixture.now) == nil)
    }

    @Test func theKeysOfOneTeamShareItsRate() {
        let limits = limits(["TOCSIN_GATEWAY_TEAM_RATE_PER_S": "1", "TOCSIN_GATEWAY_TEAM_BURST": "2"])
        let team = TeamID.random()
        #expect((0..<2).allSatisfy { _ in limits.secondsToWait(sender(team), now: Fixture.now) == nil })
        #expect(limits.secondsToWait(sender(team), now: Fixture.now)?.setting == "TOCSIN_GATEWAY_TEAM_RATE_PER_S")
        #expect(limits.secondsToWait(sender(), now: Fixture.now) == nil)
    }

    @Test func aKeyOverItsRateDoesNotUseUpItsTeams() {
        let limits = limits([
            "TOCSIN_GATEWAY_KEY_RATE_PER_S": "1", "TOCSIN_GATEWAY_KEY_BURST": "1", "TOCSIN_GATEWAY_TEAM_RATE_PER_S": "1",
            "TOCSIN_GATEWAY_TEAM_BURST": "2",
        ])
        let team = TeamID.random()
        let noisy = sender(team)
        for _ in 0..<50 { _ = limits.secondsToWait(noisy, now: Fixture.now) }
        #expect(limits.secondsToWait(sender(team), now: Fixture.now) == nil)
    }

    private func limits(_ environment: [String: String]) -> KeyLimits {
        var settings = SettingsReader(environment: environment)
        return KeyLimits(GatewayConfig(from: &settings))
    }

    private func sender(_ team: TeamID = .random()) -> Sender {
        Sender(keyID: .random(), teamID: team, source: nil, whenBrokerAway: .spool, expiresAt: nil)
    }
}

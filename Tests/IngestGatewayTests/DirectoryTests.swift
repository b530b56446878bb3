import Logging
import Models
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
        let sender = Sender(keyID: .random(), teamID: .random(), source: nil, expiresAt: nil)
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
        let limits = KeyLimits(perSecond: 1, burst: 1)
        let key = KeyID.random()
        #expect(limits.secondsToWait(key, now: Fixture.now) == nil)
        #expect(limits.secondsToWait(key, now: Fixture.now) == 1)
        limits.keep([])
        #expect(limits.secondsToWait(key, now: Fixture.now) == nil)
    }
}

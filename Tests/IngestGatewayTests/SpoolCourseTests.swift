import Models
import Store
import Testing

@testable import ingest_gateway

/// The pure part: which way alerts go.
@Suite struct SpoolCourseTests {
    private static let limits = SpoolLimits(maxBytes: 4 << 20, maxAgeSeconds: 3600)
    private static let now = Fixture.now

    private func course(_ contents: SpoolContents = SpoolContents()) -> SpoolCourse {
        SpoolCourse(limits: Self.limits, contents: contents)
    }

    private func contents(_ revision: Int, records: Int, usedBytes: Int = 0, oldest: Timestamp? = nil) -> SpoolContents {
        SpoolContents(revision: revision, records: records, usedBytes: usedBytes, oldest: oldest)
    }

    private func way(
        _ course: inout SpoolCourse, bytes: Int = 100, policy: BrokerAwayPolicy = .spool, now: Timestamp = now
    ) -> SpoolCourse.Way {
        course.way(records: 1, bytes: bytes, policy: policy, now: now)
    }

    private func fail(_ course: inout SpoolCourse, policy: BrokerAwayPolicy = .spool) -> SpoolCourse.Way {
        course.publishFailed(records: 1, bytes: 100, policy: policy, now: Self.now)
    }

    private func finish(_ course: inout SpoolCourse) -> Bool { course.finish() }

    private func estimate(_ bytes: Int = 100) -> Int { Self.limits.estimate(records: 1, bytes: bytes) }

    /// A course that spools, with so many alerts stored.
    private func spooling(_ records: Int) -> SpoolCourse {
        var course = course()
        _ = course.publishFailed(records: 1, bytes: 100, policy: .spool, now: Self.now)
        course.stored(estimate: estimate(), contents: contents(1, records: records, oldest: Self.now))
        return course
    }

    @Test func whileTheBrokerAnswersAlertsGoToIt() {
        var course = course()
        #expect(way(&course) == .publish)
        #expect(course.mode == .direct)
    }

    @Test func theFirstFailureSendsThatRequestAndAllLaterOnesToTheSpool() {
        var course = course()
        let own = course.publishFailed(records: 1, bytes: 100, policy: .spool, now: Self.now)
        #expect(own == .store(estimate: estimate()))
        #expect(way(&course) == .store(estimate: estimate()))
        #expect(course.mode == .spooling && course.storingRequests == 2)
    }

    @Test func aKeyThatAsksForItIsRefusedInsteadAndStillEndsTheTrying() {
        var course = course()
        #expect(fail(&course, policy: .refuse) == .refuse(.unwanted))
        #expect(way(&course, policy: .refuse) == .refuse(.unwanted))
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func withoutASpoolAllAreRefusedUntilTheBrokerIsBack() {
        var course = SpoolCourse(limits: nil)
        #expect(fail(&course) == .refuse(.unwanted))
        #expect(way(&course) == .refuse(.unwanted))
        #expect(finish(&course))
        #expect(way(&course) == .publish)
    }

    @Test func whatAnEarlierRunLeftGoesFirst() {
        var course = course(contents(1, records: 3))
        #expect(course.mode == .spooling)
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func nothingOvertakesWhatIsStored() {
        var course = spooling(1000)
        course.drainBegins(batch: 1)
        course.drained(contents(2, records: 999))
        #expect(course.mode == .draining)
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func forTheLastBatchRequestsWaitAndThenGoStraight() {
        var course = spooling(3)
        course.drained(contents(2, records: 2))
        course.drainBegins(batch: 2)
        #expect(course.mode == .closing)
        #expect(way(&course) == .wait)
        course.drained(contents(3, records: 0))
        #expect(finish(&course))
        #expect(way(&course) == .publish)
    }

    @Test func itDoesNotEndWhileARequestIsOnItsWayIntoTheSpool() {
        var course = spooling(1)
        #expect(way(&course) == .store(estimate: estimate()))
        course.drained(contents(2, records: 0))
        #expect(!finish(&course))
        course.stored(estimate: estimate(), contents: contents(3, records: 1))
        #expect(!finish(&course))
        course.drained(contents(4, records: 0))
        #expect(finish(&course))
    }

    @Test func olderNewsOfTheFileChangesNothing() {
        var course = spooling(1)
        course.stored(estimate: 0, contents: contents(5, records: 4))
        course.drained(contents(3, records: 0))
        #expect(course.contents.records == 4)
        #expect(!finish(&course))
    }

    @Test func aLastBatchThatTakesTooLongLetsRequestsIntoTheSpool() {
        var course = spooling(1)
        course.drained(contents(2, records: 1))
        course.drainBegins(batch: 2)
        course.stopClosing()
        #expect(course.mode == .draining)
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func aBrokerThatGoesAgainIsSpooledFor() {
        var course = spooling(9)
        course.drained(contents(2, records: 8))
        course.drainFailed()
        #expect(course.mode == .spooling)
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func aFullSpoolRefusesUntilAFifthOfItIsFree() {
        let size = Self.limits.databaseBytes
        var course = spooling(1)
        course.stored(estimate: 0, contents: contents(2, records: 9, usedBytes: size - 2000))
        #expect(way(&course) == .refuse(.full))
        #expect(course.obstacle(now: Self.now) == .full)
        course.drained(contents(3, records: 8, usedBytes: size * 9 / 10))
        #expect(way(&course) == .refuse(.full))
        course.drained(contents(4, records: 7, usedBytes: size * 7 / 10))
        #expect(course.obstacle(now: Self.now) == nil)
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func requestsOnTheirWayCountAgainstTheRoom() {
        var course = spooling(1)
        course.stored(estimate: 0, contents: contents(2, records: 1, usedBytes: Self.limits.databaseBytes - estimate() - 10))
        #expect(way(&course) == .store(estimate: estimate()))
        #expect(way(&course) == .refuse(.full))
    }

    @Test func aRequestLargerThanTheSpoolTakesAtOnceTurnsNoOtherAway() {
        var course = spooling(1)
        #expect(way(&course, bytes: Self.limits.transactionBytes) == .refuse(.full))
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func anAlertThatWaitedTooLongEndsTheAcceptingButNotTheDraining() {
        var course = spooling(1)
        let late = Self.now.adding(seconds: 3601)
        #expect(way(&course, now: late) == .refuse(.tooOld))
        course.drained(contents(2, records: 0))
        #expect(finish(&course))
        #expect(way(&course, now: late) == .publish)
    }

    @Test func aFailingDiskRefusesUntilItIsWell() {
        var course = spooling(2)
        #expect(way(&course) == .store(estimate: estimate()))
        course.storeFailed(estimate: estimate(), .diskFull)
        #expect(way(&course) == .refuse(.failed(.diskFull)))
        course.healed(contents(9, records: 2))
        #expect(way(&course) == .store(estimate: estimate()))
    }

    @Test func aFileThatCouldNotBeReadAtTheStartIsDrainedOnceItCan() {
        var course = SpoolCourse(limits: Self.limits, trouble: .io)
        #expect(way(&course) == .publish)
        course.healed(contents(1, records: 5))
        #expect(course.mode == .spooling)
    }

    @Test func whatWaitsForACommitIsBounded() {
        var course = SpoolCourse(limits: SpoolLimits(maxBytes: 1 << 40, maxAgeSeconds: 10))
        var taken = 0
        var last = course.publishFailed(records: 1, bytes: 1 << 20, policy: .spool, now: Self.now)
        while case .store = last {
            taken += 1
            last = way(&course, bytes: 1 << 20)
        }
        #expect(last == .refuse(.busy))
        #expect((40...64).contains(taken))
    }

    @Test func theDrainBeginsWithOneAndFindsTheOneThatIsRefused() {
        var pace = DrainPace()
        #expect(pace.records == 1)
        for _ in 0..<20 { pace.acknowledged() }
        #expect(pace.records == DrainPace.most)
        let many = pace.refused(batch: 9)
        #expect(many == .narrower && pace.records == 4)
        let one = pace.refused(batch: 1)
        #expect(one == .thatOne)
        pace.failed()
        #expect(pace.records == 1)
    }

    @Test(arguments: [1 << 20, 4 << 20, 500_000_000]) func theSharesStayWithinTheLimit(_ maxBytes: Int) {
        let limits = SpoolLimits(maxBytes: maxBytes, maxAgeSeconds: 1)
        #expect(limits.databaseBytes + limits.journalBytes <= maxBytes)
        #expect(limits.databaseBytes >= maxBytes / 100 * 74)
        #expect(limits.checkpointPages * SpoolLimits.pageBytes + limits.transactionBytes <= limits.journalBytes)
    }
}

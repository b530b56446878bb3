import Models
import Testing

@testable import Rollup

@Suite struct RollupTests {
    private let team = TeamID.random()

    private func incident(at seconds: Int64, service: String = "checkout", severity: Severity = .high) -> Incident {
        Incident(
            id: .random(), teamID: team, number: 1, title: "t", description: "", status: .open, severity: severity,
            groupingKey: GroupingKey("service=\(service)"), labels: ["service": service], createdAt: Timestamp(seconds: seconds),
            updatedAt: Timestamp(seconds: seconds))
    }

    private func life(of incident: Incident, acknowledgedAfter: Int?, resolvedAfter: Int?) throws -> [IncidentEvent] {
        let actor = Actor.system("test")
        var events = [incident.opened(by: actor, at: incident.createdAt, change: .init(alertsFired: 1))]
        if let acknowledgedAfter {
            let now = incident.createdAt.adding(seconds: acknowledgedAfter)
            events.append(try events[events.count - 1].incident.acknowledged(by: actor, assignee: nil, at: now))
        }
        if let resolvedAfter {
            let now = incident.createdAt.adding(seconds: resolvedAfter)
            events.append(try events[events.count - 1].incident.resolved(by: actor, at: now))
        }
        return events
    }

    private func summary(_ deltas: [RollupKey: RollupCell]) -> MetricsSummary {
        MetricsSummary(deltas.map { (key: $0.key, cell: $0.value) })
    }

    @Test("an incident that is acknowledged and resolved counts once, with both times")
    func wholeLife() throws {
        var rollup = Rollup(measures: [:])
        for event in try life(of: incident(at: 1000), acknowledgedAfter: 60, resolvedAfter: 600) { rollup.apply(event) }
        let total = summary(rollup.deltas).total
        #expect(total.incidents == 1)
        #expect(total.resolved == 1)
        #expect(total.timeToAcknowledge.mean == 60_000)
        #expect(total.timeToResolve.mean == 600_000)
    }

    @Test("the name of a service is cut so that it fits an index row", arguments: ["a", "é", "🔥"])
    func longService(character: String) throws {
        var rollup = Rollup(measures: [:])
        let incident = incident(at: 1000, service: String(repeating: character, count: 4096))
        for event in try life(of: incident, acknowledgedAfter: nil, resolvedAfter: nil) { rollup.apply(event) }
        let service = try #require(rollup.deltas.keys.first?.service)
        #expect(service.unicodeScalars.count == Measure.maxServiceCharacters)
        #expect(service.utf8.count < 2600)
    }

    @Test("an incident that resolved by itself is not in the time to acknowledge")
    func autoResolved() throws {
        var rollup = Rollup(measures: [:])
        for event in try life(of: incident(at: 1000), acknowledgedAfter: nil, resolvedAfter: 5) { rollup.apply(event) }
        #expect(summary(rollup.deltas).total.timeToAcknowledge.samples == 0)
        #expect(summary(rollup.deltas).total.timeToResolve.samples == 1)
    }

    @Test("a reopened incident is open again and its time to resolve is taken back")
    func reopened() throws {
        let events = try life(of: incident(at: 1000), acknowledgedAfter: 60, resolvedAfter: 600)
        var rollup = Rollup(measures: [:])
        events.forEach { rollup.apply($0) }
        let again = events[2].incident.reopened(
            by: .system("test"), at: Timestamp(seconds: 1700), change: .init(alertsFired: 1)
        ) { _ in }
        rollup.apply(again)
        let total = summary(rollup.deltas).total
        #expect(total.open == 1)
        #expect(total.resolved == 0)
        #expect(total.timeToResolve == RollupCell.Durations())
        #expect(total.timeToAcknowledge.samples == 1, "the first acknowledgement stays")
    }

    @Test("applying every event twice, in one batch or in two, gives the numbers of a recomputation")
    func replays() throws {
        var generator = SystemRandomNumberGenerator()
        var events: [IncidentEvent] = []
        for index in 0..<200 {
            events += try life(
                of: incident(
                    at: Int64(index) * 7200, service: ["a", "b", ""][index % 3], severity: Severity.allCases[index % 4]),
                acknowledgedAfter: index % 3 == 0 ? nil : Int.random(in: 1...5000, using: &generator),
                resolvedAfter: index % 5 == 0 ? nil : Int.random(in: 5001...90_000, using: &generator))
        }
        var kept: [RollupKey: RollupCell] = [:]
        var measures: [IncidentID: Measure] = [:]
        for batch in [events, events] {
            var rollup = Rollup(measures: measures)
            batch.forEach { rollup.apply($0) }
            measures = rollup.measures
            for (key, delta) in rollup.deltas { kept[key, default: RollupCell()].merge(delta) }
        }
        #expect(kept.filter { $0.value != RollupCell() } == Rollup.recompute(measures.values))
    }

    @Test("a severity that rises moves the incident to the other cell")
    func severityMoves() throws {
        let first = incident(at: 1000, severity: .low).opened(by: .system("t"), at: Timestamp(seconds: 1000), change: .init())
        let second = first.incident.updated(
            by: .system("t"), at: Timestamp(seconds: 1001), change: .init(previousSeverity: .low)
        ) { $0.severity = .critical }
        var rollup = Rollup(measures: [:])
        rollup.apply(first)
        rollup.apply(second)
        let summary = summary(rollup.deltas)
        #expect(summary.bySeverity[.low]?.incidents == 0)
        #expect(summary.bySeverity[.critical]?.incidents == 1)
    }
}

@Suite struct DurationHistogramTests {
    @Test("every duration falls into a bucket whose middle is within 1/32 of it", arguments: [0, 1, 31, 32, 33, 63, 64, 1000, 86_400_000])
    func precision(milliseconds: Int64) {
        let middle = DurationHistogram.middle(of: DurationHistogram.bucket(of: milliseconds))
        #expect(abs(middle - Double(milliseconds)) <= Double(milliseconds) / 32)
    }

    @Test("buckets rise with the duration")
    func monotone() {
        var last = -1
        for milliseconds in 0..<20_000 {
            let bucket = DurationHistogram.bucket(of: Int64(milliseconds))
            #expect(bucket == last || bucket == last + 1)
            last = bucket
        }
    }

    @Test("percentiles of 1…1000 are right to 1/32")
    func percentiles() throws {
        var histogram = DurationHistogram()
        for milliseconds in 1...1000 { histogram.add(milliseconds: Int64(milliseconds)) }
        for (share, expected) in [(0.5, 500.0), (0.9, 900), (0.99, 990)] {
            let value = try #require(histogram.percentile(share))
            #expect(abs(value - expected) <= expected / 32)
        }
        #expect(DurationHistogram().percentile(0.5) == nil)
    }

    @Test("what is added and taken away again leaves nothing")
    func inverse() {
        var histogram = DurationHistogram()
        for milliseconds in [5, 500, 50_000] as [Int64] { histogram.add(milliseconds: milliseconds) }
        for milliseconds in [50_000, 5, 500] as [Int64] { histogram.add(milliseconds: milliseconds, times: -1) }
        #expect(histogram == DurationHistogram())
    }
}

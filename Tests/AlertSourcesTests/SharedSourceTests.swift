import AlertSources
import Models
import Testing

/// What must hold for every source, on the samples of all.
@Suite struct SharedSourceTests {
    @Test func everySourceHasASample() {
        let covered = Set(Sample.all.map { $0.source.id })
        #expect(covered == Set(SourceRegistry.all.map { $0.id }))
    }

    @Test(arguments: Sample.all) func takesTheSample(_ sample: Sample) throws {
        let alerts = try sample.parse()
        #expect(alerts.count == sample.alerts)
        for alert in alerts {
            #expect(!alert.labels.isEmpty)
            #expect((1...255).contains(alert.fingerprint.text.utf8.count))
            #expect((alert.status == .resolved) == (alert.times.endsAt != nil))
            #expect(alert.times.expiresAt == nil || alert.times.endsAt == nil)
        }
    }

    @Test(arguments: Sample.all) func theSameBodyGivesTheSameFactIDs(_ sample: Sample) throws {
        let team = TeamID.random()
        func ids(at now: Timestamp) throws -> [String] {
            try sample.source.parse(sample.request(at: now)).map {
                try $0.fact(
                    source: sample.source.id, team: team, rules: .standard, receivedAt: now, traceparent: nil, limits: IngestLimits()
                ).id
            }
        }
        let first = try ids(at: Sample.now)
        #expect(try first == ids(at: Sample.now.adding(seconds: 30)))
        #expect(Set(first).count == sample.alerts)
    }

    @Test(arguments: Sample.all) func everyTruncationIsRefused(_ sample: Sample) throws {
        let bytes = Array(sample.body.utf8)
        for length in 0..<bytes.count {
            do throws(SourceRefusal) {
                let alerts = try sample.parse(Array(bytes[..<length]))
                // An event in headers may do without data: that is no truncation that anyone could see.
                #expect(length == 0 && !sample.eventHeaders.isEmpty && alerts.count == 1, "taken after \(length) bytes")
            } catch {
                #expect(error.status == 400, "\(length): \(error)")
            }
        }
    }

    @Test(arguments: Sample.all) func randomDamageIsRefusedOrTaken(_ sample: Sample) {
        var generator = SplitMix(state: 7)
        for _ in 0..<3000 {
            var bytes = Array(sample.body.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            checkBounded(sample, bytes)
        }
    }

    @Test(arguments: Sample.all) func randomBytesAreRefused(_ sample: Sample) {
        var generator = SplitMix(state: 11)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 1...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            checkBounded(sample, bytes)
        }
    }

    /// Whatever came in, what is taken keeps the limits, and a refusal answers a client's status with words.
    private func checkBounded(_ sample: Sample, _ bytes: [UInt8]) {
        do throws(SourceRefusal) {
            for alert in try sample.parse(bytes) {
                #expect(!alert.labels.isEmpty && alert.labels.count <= 70)
                #expect(alert.labels.allSatisfy { $0.key.utf8.count <= 129 && $0.value.utf8.count <= 4096 })
                #expect(alert.times.endsAt.map { $0 >= alert.times.startsAt } ?? true)
            }
        } catch {
            #expect([400, 413, 415, 422].contains(error.status) && !error.message.isEmpty)
        }
    }

    @Test(arguments: Sample.all) func aDeepBodyIsRefused(_ sample: Sample) {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: SourceRefusal.self) { try sample.parse(Array(deep.utf8)) }
        let nested = #"{"x":"# + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}"
        let found = refusal(sample.source, nested, contentType: sample.contentType, headers: sample.eventHeaders)
        #expect(found?.status == 413)
        #expect(found?.message.contains("32 levels") == true)
    }

    @Test(arguments: Sample.all) func everyOwnLimitHolds(_ sample: Sample) {
        var small = IngestLimits()
        small.labelValueBytes = 0
        small.annotationValueBytes = 0
        let found = refusal(
            sample.source, sample.body, contentType: sample.contentType, headers: sample.eventHeaders, limits: small)
        #expect(found?.status == 413)
        #expect(found?.message.contains("TOCSIN_GATEWAY_MAX_") == true)
        #expect(found?.field != nil)
    }

    @Test(arguments: [Sample.firing, .prometheus, .genericMany, .batch]) func tooManyAlertsAreRefused(_ sample: Sample) {
        var limits = IngestLimits()
        limits.alerts = 1
        let found = refusal(sample.source, sample.body, contentType: sample.contentType, limits: limits)
        #expect(found?.status == 413)
        #expect(found?.message.contains("at most 1 are taken") == true)
    }

    @Test func anAlertLargerThanARecordIsRefused() throws {
        var limits = IngestLimits()
        limits.recordBytes = 400
        let alert = try #require(try Sample.firing.parse().first)
        do throws(SourceRefusal) {
            _ = try alert.fact(
                source: "alertmanager", team: .random(), rules: .standard, receivedAt: Sample.now, traceparent: nil, limits: limits)
            Issue.record("taken")
        } catch {
            #expect(error.status == 413)
            #expect(error.field == "alerts[0]")
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated (https://prng.di.unimi.it/splitmix64.c).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

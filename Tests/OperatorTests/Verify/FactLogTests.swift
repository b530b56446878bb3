import Kafka
import Models
import Testing

@testable import tocsin

@Suite struct FactLogTests {
    private let incident = IncidentID.random()

    private func record(_ id: String, partition: Int32 = 0, offset: Int64 = 0, at seconds: Int = 0) -> IncomingRecord {
        IncomingRecord(
            topic: Topic.incidents.name, partition: partition, offset: offset,
            timestampMilliseconds: VerifyScene.at(seconds).microseconds / 1000, value: [], headers: [KafkaHeader(name: "ce_id", value: id)])
    }

    private func log(low: Int64 = 0, high: Int64 = 10, partitions: Int32 = 1, _ records: IncomingRecord...) -> FactLog {
        let span = TopicReader.Span(low: low, high: high, start: low, end: high)
        var log = FactLog(spans: Dictionary(uniqueKeysWithValues: (0..<partitions).map { ($0, span) }))
        for record in records { log.take(record, isWanted: true) }
        return log
    }

    private func presence(_ log: inout FactLog, _ sequence: Int64, since seconds: Int = 0) -> FactLog.Presence {
        log.presence(of: FactKey(event: incident, sequence: sequence), key: "\(incident)", since: VerifyScene.at(seconds))
    }

    @Test("A fact is found with the number of its records, and one that is not there is missing")
    func presence() {
        var log = log(record("\(incident)/1", offset: 3), record("\(incident)/1", offset: 4), record("\(incident)/2"))
        #expect(presence(&log, 1) == .published(RecordPlace(partition: 0, offset: 3), times: 2))
        #expect(presence(&log, 2) == .published(RecordPlace(partition: 0, offset: 0), times: 1))
        #expect(presence(&log, 3) == .missing)
    }

    @Test("Facts that nobody asked for remain")
    func unknown() {
        var log = log(record("\(incident)/1"), record("\(incident)/2"), record("something else"))
        _ = presence(&log, 1)
        #expect(log.unknown.map(\.fact) == [FactKey(event: incident, sequence: 2)])
    }

    @Test("What a trimmed log may have held is out of reach; what is younger is missing")
    func trimmed() {
        var cut = log(low: 5, record("x", offset: 5, at: 60))
        #expect(presence(&cut, 1, since: 30) == .outOfReach)
        #expect(presence(&cut, 1, since: 90) == .missing)
        var empty = log(low: 10)
        #expect(presence(&empty, 1, since: 90) == .outOfReach)
        var fresh = log(low: 0, high: 0)
        #expect(presence(&fresh, 1) == .missing)
    }

    @Test("Only the trimmed partition that a key belongs to is out of reach")
    func trimmedPartition() {
        let own = FactPartition.of(Array("\(incident)".utf8), partitions: 4)
        for partition in Int32(0)..<4 {
            var spans = Dictionary(
                uniqueKeysWithValues: (Int32(0)..<4).map { ($0, TopicReader.Span(low: 0, high: 10, start: 0, end: 10)) })
            spans[partition] = TopicReader.Span(low: 10, high: 10, start: 10, end: 10)
            var log = FactLog(spans: spans)
            #expect(presence(&log, 1) == (partition == own ? .outOfReach : .missing))
        }
    }

    /// Values of librdkafka's own test (src/rdmurmur2.c, unittest_murmur2), made with the Java client.
    @Test(
        "murmur2 is that of the Java client",
        arguments: [
            ("kafka", UInt32(0xD067_CF64)), ("giberish123456789", 0x8F55_2B0C), ("1234", 0x9FC9_7B14), ("234", 0xE7C0_09CA),
            ("34", 0x8739_30DA), ("4", 0x5A4B_5CA1), ("PreAmbleWillBeRemoved,ThePrePartThatIs", 0x7842_4F1C), ("", 0x106E_08D9),
        ])
    func murmur(text: String, expected: UInt32) { #expect(FactPartition.murmur2(Array(text.utf8)) == expected) }

    @Test("A fact's presence becomes a finding: lost only where it is neither in the topic nor in the outbox")
    func publication() {
        func counts(_ presence: FactLog.Presence, isWaiting: Bool = false) -> [VerifyStatus: Int] {
            var findings = Findings()
            PublicationCheck.note(presence, .events, id: "i/1", isWaiting: isWaiting, team: "ops", &findings)
            return findings[.events].counts
        }
        let place = RecordPlace(partition: 0, offset: 0)
        #expect(counts(.published(place, times: 1)) == [.ok: 1])
        #expect(counts(.published(place, times: 3)) == [.repeated: 1])
        #expect(counts(.outOfReach) == [.notChecked: 1])
        #expect(counts(.missing, isWaiting: true) == [.pending: 1])
        #expect(counts(.missing) == [.lost: 1])
    }

    @Test("Ids of events and outcomes are read; others are not facts")
    func keys() {
        let delivery = DeliveryID.random()
        #expect(FactKey(id: "\(incident)/7", topic: "tocsin.incidents") == FactKey(event: incident, sequence: 7))
        #expect(FactKey(id: "\(delivery)/sent/2", topic: "tocsin.notifications") == FactKey(delivery: delivery, state: "sent"))
        #expect(FactKey(delivery: delivery, state: "dead") != FactKey(delivery: delivery, state: "sent"))
        #expect(FactKey(delivery: delivery, state: "pending") == nil)
        for id in ["", "\(incident)", "\(incident)/x", "x/1", "\(delivery)/sent/2"] {
            #expect(FactKey(id: id, topic: "tocsin.incidents") == nil)
        }
    }
}

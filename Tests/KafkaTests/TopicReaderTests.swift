import Kafka
import TestKit
import Testing

/// The mock broker does not look up offsets by time: these tests show what the reader makes of that, and of positions.
@Suite(.timeLimit(.minutes(10))) struct TopicReaderTests {
    private func read(
        _ fixture: Fixture, from start: TopicReader.Start
    ) async throws -> (values: [String], spans: [Int32: TopicReader.Span]) {
        let reader = try TopicReader(brokers: fixture.broker.bootstrapServers, clientID: "reader", logger: Fixture.quiet)
        var values: [String] = []
        do {
            try await reader.open("t", from: start, timeoutMilliseconds: 10_000)
            try await eventually {
                values += try await reader.next(maxRecords: 100, waitMilliseconds: 100).map { text($0.value) }
                return await reader.isAtEnd
            }
            let spans = reader.spans
            await reader.close()
            return (values, spans)
        } catch {
            await reader.close()
            throw error
        }
    }

    private func fixture(_ values: [String]) async throws -> Fixture {
        let fixture = try Fixture(topics: ["t": 1])
        try await fixture.withProducer { try await $0.send(values.map { record("t", $0) }, timeoutMilliseconds: 10_000) }
        return fixture
    }

    @Test("Reading from a time misses nothing of that time, also where the broker cannot look it up")
    func fromTime() async throws {
        let fixture = try await fixture(["a", "b", "c"])
        #expect(try await read(fixture, from: .time(from: 1000, to: nil)).values == ["a", "b", "c"])
    }

    @Test("Of a partition whose records are all older nothing is read")
    func fromLaterTime() async throws {
        let fixture = try await fixture(["a", "b"])
        let (values, spans) = try await read(fixture, from: .time(from: 32_503_680_000_000, to: nil))
        #expect(values == [])
        #expect(spans == [0: TopicReader.Span(low: 0, high: 2, start: 2, end: 2)])
    }

    @Test("Reading goes on at the offsets given, and ends at what there was")
    func fromOffsets() async throws {
        let fixture = try await fixture(["a", "b", "c"])
        let (values, spans) = try await read(fixture, from: .offsets([0: 1]))
        #expect(values == ["b", "c"])
        #expect(spans == [0: TopicReader.Span(low: 0, high: 3, start: 1, end: 3)])
    }

    @Test("An empty topic is at its end at once")
    func empty() async throws {
        let fixture = try await fixture([])
        #expect(try await read(fixture, from: .time(from: 0, to: 1)).values == [])
    }
}

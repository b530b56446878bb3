/// Finds which part of each partition a reader wants.
struct TopicSpans {
    let client: RDKafkaClient
    let topic: String
    let marks: [Int32: (low: Int64, high: Int64)]
    let timeoutMilliseconds: Int

    func find(_ start: TopicReader.Start) throws(KafkaError) -> [Int32: TopicReader.Span] {
        switch start {
        case .beginning: return spans { _, mark in (mark.low, mark.high) }
        case .end: return spans { _, mark in (mark.high, mark.high) }
        case .offsets(let offsets): return spans { number, mark in (max(mark.low, offsets[number] ?? mark.low), mark.high) }
        case .time(let from, let to): return try spans(from: from, to: to)
        }
    }

    private func spans(_ part: (Int32, (low: Int64, high: Int64)) -> (start: Int64, end: Int64)) -> [Int32: TopicReader.Span] {
        var spans: [Int32: TopicReader.Span] = [:]
        for (number, mark) in marks {
            let (start, end) = part(number, mark)
            spans[number] = TopicReader.Span(low: mark.low, high: mark.high, start: start, end: max(start, end))
        }
        return spans
    }

    private func spans(from: Int64, to: Int64?) throws(KafkaError) -> [Int32: TopicReader.Span] {
        let filled = marks.filter { $0.value.high > $0.value.low }
        let partitions = filled.keys.map { TopicPartition(topic: topic, partition: $0) }
        var starts = try lookUp(partitions, at: from)
        let unknown = filled.filter { starts[$0.key] == nil }
        for (number, timestamp) in newestTimestamps(of: unknown) where timestamp >= from {
            // The broker says that nothing is so new, and has it: it does not know the request (librdkafka's mock broker).
            starts[number] = filled[number]?.low
        }
        var ends: [Int32: Int64] = [:]
        if let to { ends = try lookUp(partitions, at: to) }
        return spans { [starts] number, mark in
            let start = max(mark.low, starts[number] ?? mark.high)
            return (start, ends[number] ?? mark.high)
        }
    }

    /// Offset of the first record of that time or later; absent where the broker knows none.
    private func lookUp(_ partitions: [TopicPartition], at milliseconds: Int64) throws(KafkaError) -> [Int32: Int64] {
        guard !partitions.isEmpty else { return [:] }
        return try client.offsets(at: milliseconds, of: partitions, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Reads the last record of each of these partitions. Absent: there was none at that place, or not in time.
    private func newestTimestamps(of marks: [Int32: (low: Int64, high: Int64)]) -> [Int32: Int64] {
        guard !marks.isEmpty else { return [:] }
        let last = marks.map { (TopicPartition(topic: topic, partition: $0.key), $0.value.high - 1) }
        guard client.assign(Dictionary(last) { first, _ in first }) == nil else { return [:] }
        var timestamps: [Int32: Int64] = [:]
        var waiting = Set(marks.keys)
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
        while !waiting.isEmpty, ContinuousClock.now < deadline {
            switch client.read(milliseconds: 100) {
            case .record(let record):
                timestamps[record.partition] = record.timestampMilliseconds
                waiting.remove(record.partition)
            case .end(let partition): waiting.remove(partition)
            case .failed, .nothing: continue
            }
        }
        return timestamps
    }
}

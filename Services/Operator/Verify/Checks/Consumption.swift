/// Where a record stands in its topic.
struct RecordPlace: Sendable, Hashable {
    let partition: Int32
    let offset: Int64
}

/// How far a consumer group has come in a topic, and what it put aside.
struct Consumption: Sendable {
    enum Position: Sendable, Hashable {
        /// Not handled yet.
        case ahead
        /// The group's offset has passed it: its effects are committed.
        case passed
        case setAside(isRedriven: Bool)
        /// The offset was written for another cluster and says nothing about this one.
        case unknown
    }

    /// Next offset by partition, of this cluster.
    let offsets: [Int32: Int64]
    /// Partitions whose offset belongs to another cluster.
    let foreign: Set<Int32>
    /// Dead letters by place; true: redriven.
    let letters: [RecordPlace: Bool]

    func position(of place: RecordPlace) -> Position {
        if let isRedriven = letters[place] { return .setAside(isRedriven: isRedriven) }
        if foreign.contains(place.partition) { return .unknown }
        guard let next = offsets[place.partition], place.offset < next else { return .ahead }
        return .passed
    }
}

/// Says what it means that a group has not handled an event of `tocsin.incidents`.
enum ProgressCheck {
    /// - Parameter place: of the event's record, nil where it is not known.
    static func passedOver(_ id: String, at place: RecordPlace?, by consumption: Consumption, check: VerifyCheck, team: String) -> Finding?
    {
        guard let place else { return nil }
        let detail = "tocsin.incidents[\(place.partition)]@\(place.offset)"
        switch consumption.position(of: place) {
        case .ahead, .unknown: return nil
        case .setAside:
            return Finding(check: check, status: .setAside, reason: "dead_letter", id: id, team: team, detail: "\(detail) is a dead letter")
        case .passed:
            return Finding(
                check: check, status: .lost, reason: "passed_over", id: id, team: team,
                detail: "the consumer has passed \(detail) and has not handled the event")
        }
    }
}

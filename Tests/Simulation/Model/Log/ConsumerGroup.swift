import Models

/// Who reads which partition. A member that has not been heard of for too long loses its partitions without being told.
final class ConsumerGroup {
    static let sessionMilliseconds: Int64 = 10_000

    let name: String
    let topic: LogTopic
    private(set) var generation = 0
    private var members: [Int: Timestamp] = [:]
    private var owners: [Int]
    private var nextMember = 1

    init(_ name: String, _ topic: LogTopic) {
        self.name = name
        self.topic = topic
        owners = Array(repeating: 0, count: topic.partitions)
    }

    func join(_ now: Timestamp, _ random: inout Randomness) -> Int {
        defer { nextMember += 1 }
        members[nextMember] = now
        rebalance(&random)
        return nextMember
    }

    /// A sign of life.
    /// - Returns: the partitions of the member; nil when it has been given up and must join anew.
    func heartbeat(_ member: Int, _ now: Timestamp, _ random: inout Randomness) -> [Int]? {
        let silent = members.filter { $0.key != member && now.milliseconds(since: $0.value) > Self.sessionMilliseconds }
        for (member, _) in silent { members[member] = nil }
        if !silent.isEmpty { rebalance(&random) }
        guard members[member] != nil else { return nil }
        members[member] = now
        return owners.indices.filter { owners[$0] == member }
    }

    /// Deals the partitions out anew.
    func rebalance(_ random: inout Randomness) {
        generation += 1
        let all = members.keys.sorted()
        guard !all.isEmpty else { return }
        let shift = random.below(all.count)
        for partition in owners.indices { owners[partition] = all[(partition + shift) % all.count] }
    }
}

import Kafka
import Models

/// Reads the signals of the window and asks of each whether it took effect.
struct SignalPass {
    private static let group = "alert-grouper"
    private static let disorderSeconds = 60

    let context: VerifyContext
    private(set) var findings = Findings()
    private var suspects: [IncomingRecord] = []
    private var clusterID: String?
    /// Hashes of the ids that were seen; a collision counts a signal as seen again, which changes no verdict.
    private var seen: Set<Int> = []
    private var alerts: Set<AlertKey> = []
    private var count = 0

    init(_ context: VerifyContext) { self.context = context }

    var hasSuspects: Bool { !suspects.isEmpty }

    mutating func run() async throws {
        // Timestamps of several producers do not rise strictly: a record of the window may stand behind one that is younger.
        let end = context.window.to.adding(seconds: Self.disorderSeconds)
        let start = TopicReader.Start.time(from: context.window.from.milliseconds, to: end.milliseconds)
        var pass = self
        try await context.topics.reading(.signals, from: start) { reader in
            pass.clusterID = await reader.clusterID(timeoutMilliseconds: 2000)
            let consumption = try await pass.consumption()
            let spans = reader.spans
            var oldest: [Int32: Timestamp] = [:]
            try await reader.readAll { records in
                for record in records where oldest[record.partition] == nil { oldest[record.partition] = record.time }
                let wanted = records.filter { pass.context.window.contains($0.time) && pass.context.concerns($0) }
                pass.count += wanted.count
                try pass.context.checkBound(pass.count, of: Topic.signals.name)
                try await pass.examine(wanted, consumption, isFirst: true)
            }
            pass.noteTrimmed(spans, oldest)
        }
        try await pass.doubledGroups()
        self = pass
    }

    /// Looks at what was suspicious once more and keeps that result.
    mutating func runAgain() async throws {
        guard hasSuspects else { return }
        let consumption = try await consumption()
        let again = suspects
        suspects = []
        for start in stride(from: 0, to: again.count, by: 500) {
            try await examine(Array(again[start..<min(start + 500, again.count)]), consumption, isFirst: false)
        }
    }

    private func consumption() async throws -> Consumption {
        // Clocks may differ by a little: a letter is never older than its record by much.
        try await context.database.consumption(
            of: Self.group, topic: .signals, clusterID: clusterID, since: context.window.from.adding(seconds: -60))
    }

    private mutating func examine(_ records: [IncomingRecord], _ consumption: Consumption, isFirst: Bool) async throws {
        let read = records.map { (record: $0, signal: try? Signal(decoding: $0.value)) }
        let keys = Set(read.compactMap { $0.signal.map(AlertKey.init) })
        let evidence =
            keys.isEmpty ? [:] : try await context.database.read { try await AlertEvidenceStore.read(Array(keys), in: $0) }
        for (record, signal) in read {
            let found = examine(record, signal, evidence, consumption)
            if isFirst, found.isSuspicious, suspects.count < VerifyContext.maxSuspects {
                suspects.append(record)
            } else {
                findings.merge(found)
            }
        }
        context.progress.add(records.count)
    }

    private mutating func examine(
        _ record: IncomingRecord, _ signal: Signal?, _ evidence: [AlertKey: AlertEvidence], _ consumption: Consumption
    ) -> Findings {
        var found = Findings()
        let id = record.header("ce_id") ?? signal?.id ?? record.text
        let team = signal.flatMap { context.teams[$0.teamID] }
        switch consumption.position(of: record.place) {
        case .ahead: found.add(.signals, .pending, "not_consumed", id: id, team: team, "\(record.text) is not handled yet")
        case .setAside(isRedriven: false):
            found.add(.signals, .setAside, "dead_letter", id: id, team: team, "\(record.text) is a dead letter")
        case .setAside(isRedriven: true): found.note(.signals, .ok, state: "redriven")
        case .unknown:
            found.add(.signals, .notChecked, "other_broker", id: id, team: team, "\(record.text): the offsets are those of another broker")
        case .passed: judge(record, id, signal, evidence, &found)
        }
        return found
    }

    private mutating func judge(
        _ record: IncomingRecord, _ id: String, _ signal: Signal?, _ evidence: [AlertKey: AlertEvidence], _ found: inout Findings
    ) {
        guard let signal else {
            return found.add(
                .signals, .lost, "unreadable", id: id, team: nil, "\(record.text) cannot be read and is no dead letter")
        }
        guard let team = context.teams[signal.teamID] else {
            return found.add(.signals, .notChecked, "no_team", id: id, team: nil, "\(record.text): its team is gone")
        }
        let key = AlertKey(signal)
        switch SignalCheck.verdict(on: signal, evidence[key]) {
        case .ok: found.note(.signals, seen.insert(Self.hash(id, signal.teamID)).inserted ? .ok : .repeated, state: signal.status.rawValue)
        case .lost(let reason, let detail):
            found.add(.signals, .lost, reason, id: id, team: team, "\(record.text), alert \(signal.fingerprint): \(detail)")
        }
        guard let alert = evidence[key], alerts.insert(key).inserted else { return }
        let contradictions = SignalCheck.contradictions(of: alert)
        if contradictions.isEmpty { return found.note(.alerts, .ok, state: alert.status.rawValue) }
        // The second look must judge it again.
        alerts.remove(key)
        for (status, reason, detail) in contradictions {
            found.add(.alerts, status, reason, id: signal.fingerprint.text, team: team, detail)
        }
    }

    /// Two teams may be told of the same alert.
    private static func hash(_ id: String, _ team: TeamID) -> Int {
        var hasher = Hasher()
        hasher.combine(team)
        hasher.combine(id)
        return hasher.finalize()
    }

    private mutating func doubledGroups() async throws {
        let teams = context.selected
        let doubled = try await context.database.read {
            try await AlertEvidenceStore.doubledGroups(of: teams.map(\.id), limit: CheckTally.maxFindings, in: $0)
        }
        for group in doubled {
            findings.add(
                .incidents, .duplicate, "two_open", id: group.incidents.joined(separator: " "), team: context.teams[group.team],
                "open at once for the group \(group.key)")
        }
    }

    /// Partitions whose oldest record is younger than the window's begin: what was before it is gone.
    private mutating func noteTrimmed(_ spans: [Int32: TopicReader.Span], _ oldest: [Int32: Timestamp]) {
        for (partition, span) in spans.sorted(by: { $0.key < $1.key }) where span.low > 0 && span.low == span.start {
            guard let first = oldest[partition], first > context.window.from else { continue }
            findings.add(
                .signals, .notChecked, "trimmed", id: "\(Topic.signals.name)[\(partition)]", team: nil,
                "the log begins at \(first.rfc3339): what was before is gone")
        }
    }
}

extension IncomingRecord {
    var place: RecordPlace { RecordPlace(partition: partition, offset: offset) }
    /// `tocsin.signals[3]@42`
    var text: String { "\(topic)[\(partition)]@\(offset)" }
    var time: Timestamp { Timestamp(microseconds: timestampMilliseconds * 1000) }
}

extension Timestamp {
    var milliseconds: Int64 { microseconds / 1000 }
}

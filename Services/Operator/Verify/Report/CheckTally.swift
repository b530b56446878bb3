/// What one check found: how many of each status, and the first of those that are not ok.
struct CheckTally: Sendable, Hashable {
    /// Findings kept of one status; more are counted only.
    static let maxFindings = 1000

    private(set) var counts: [VerifyStatus: Int] = [:]
    /// Finer words for what was ok or not: states of messages, outcomes of signals.
    private(set) var states: [String: Int] = [:]
    private(set) var findings: [VerifyStatus: [Finding]] = [:]

    var examined: Int { counts.values.reduce(0, +) }
    /// Findings that were counted and not kept.
    var omitted: Int {
        findings.reduce(0) { $0 + max(0, count($1.key) - $1.value.count) }
    }

    func count(_ status: VerifyStatus) -> Int { counts[status] ?? 0 }

    mutating func note(_ status: VerifyStatus, state: String? = nil, times: Int = 1) {
        counts[status, default: 0] += times
        if let state { states[state, default: 0] += times }
    }

    mutating func add(_ finding: Finding) {
        counts[finding.status, default: 0] += 1
        keep(finding)
    }

    mutating func merge(_ other: CheckTally) {
        for (status, count) in other.counts { counts[status, default: 0] += count }
        for (state, count) in other.states { states[state, default: 0] += count }
        for list in other.findings.values { list.forEach { keep($0) } }
    }

    private mutating func keep(_ finding: Finding) {
        guard findings[finding.status]?.count ?? 0 < Self.maxFindings else { return }
        findings[finding.status, default: []].append(finding)
    }
}

/// What the checks found about one subject, or about all.
struct Findings: Sendable, Hashable {
    private(set) var tallies: [VerifyCheck: CheckTally] = [:]

    /// Something here makes the run fail: it is looked at once more before it is told.
    var isSuspicious: Bool {
        tallies.values.contains { tally in tally.counts.contains { $0.key.isFailure && $0.value > 0 } }
    }

    subscript(check: VerifyCheck) -> CheckTally { tallies[check] ?? CheckTally() }

    mutating func note(_ check: VerifyCheck, _ status: VerifyStatus, state: String? = nil, times: Int = 1) {
        guard times > 0 else { return }
        tallies[check, default: CheckTally()].note(status, state: state, times: times)
    }

    mutating func add(_ finding: Finding) { tallies[finding.check, default: CheckTally()].add(finding) }

    mutating func add(
        _ check: VerifyCheck, _ status: VerifyStatus, _ reason: String, id: String, team: String?, _ detail: String
    ) {
        add(Finding(check: check, status: status, reason: reason, id: id, team: team, detail: detail))
    }

    mutating func merge(_ other: Findings) {
        for (check, tally) in other.tallies { tallies[check, default: CheckTally()].merge(tally) }
    }
}

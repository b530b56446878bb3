import Models

/// The result of a run.
struct VerifyReport: Sendable {
    enum Verdict: String, Sendable {
        case ok
        case inDoubt
        case failed
    }

    let window: VerifyWindow
    /// Short name; nil: all teams.
    let team: String?
    let findings: Findings
    /// Wall-clock seconds that the run took.
    let seconds: Double

    func total(_ status: VerifyStatus) -> Int { findings.tallies.values.reduce(0) { $0 + $1.count(status) } }

    var verdict: Verdict {
        if VerifyStatus.allCases.contains(where: { $0.isFailure && total($0) > 0 }) { return .failed }
        return total(.inDoubt) > 0 ? .inDoubt : .ok
    }

    /// Documented in docs/cli.md.
    var exitCode: Int32 {
        switch verdict {
        case .ok: OperatorFailure.Code.done
        case .failed: OperatorFailure.Code.failed
        case .inDoubt: OperatorFailure.Code.inDoubt
        }
    }
}

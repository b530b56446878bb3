import JSON
import Models

extension VerifyReport {
    /// One JSON object; docs/cli.md describes it, scripts depend on it.
    var json: [UInt8] {
        var writer = JSONWriter(reserving: 4096)
        writer.object { writer in
            writer.field("verdict", verdict.rawValue)
            writer.field("exitCode", Int(exitCode))
            writer.field("from", window.from.rfc3339)
            writer.field("to", window.to.rfc3339)
            writer.field("team", team)
            writer.field("seconds", seconds)
            writer.key("totals")
            writer.object { writer in
                for status in VerifyStatus.allCases { writer.field(status.rawValue, total(status)) }
            }
            writer.key("checks")
            writer.array { writer in
                for check in VerifyCheck.allCases { writer.check(check, findings[check]) }
            }
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func check(_ check: VerifyCheck, _ tally: CheckTally) {
        object { writer in
            writer.field("check", check.rawValue)
            writer.field("examined", tally.examined)
            for status in VerifyStatus.allCases { writer.field(status.rawValue, tally.count(status)) }
            writer.key("states")
            writer.object { writer in
                for (state, count) in tally.states.sorted(by: { $0.key < $1.key }) {
                    writer.key(state)
                    writer.value(count)
                }
            }
            writer.key("findings")
            writer.array { writer in
                for status in VerifyStatus.allCases.reversed() {
                    for finding in tally.findings[status] ?? [] { writer.finding(finding) }
                }
            }
            writer.field("findingsOmitted", tally.omitted)
        }
    }

    private mutating func finding(_ finding: Finding) {
        object { writer in
            writer.field("status", finding.status.rawValue)
            writer.field("reason", finding.reason)
            writer.field("id", finding.id)
            writer.field("team", finding.team)
            writer.field("detail", finding.detail)
        }
    }
}

import Models

extension VerifyReport {
    /// A row a check, then what was found, the worst first, at most `limit` lines of each status and check. What is merely pending is
    /// counted only; --json names it.
    func text(limit: Int, hasColour: Bool) -> String {
        let verdicts: [Verdict: String] = [
            .ok: "nothing lost, nothing twice", .inDoubt: "nothing lost; some messages are in doubt",
            .failed: "something is lost, doubled or contradictory",
        ]
        let found = VerifyCheck.allCases.flatMap { lines(of: findings[$0], limit: limit) }
        return [
            "\(window.from.forPeople) to \(window.to.forPeople), \(team.map { "team \(Printable.line($0))" } ?? "all teams")",
            table.text(hasColour: hasColour),
        ].joined(separator: "\n") + "\n" + (found + [verdicts[verdict] ?? verdict.rawValue]).joined(separator: "\n")
    }

    private var table: Table {
        var table = Table("CHECK", "LOOKED AT", "OK", "AGAIN", "PENDING", "ASIDE", "NOT CHECKED", "IN DOUBT", "DUPLICATE", "LOST", "WRONG")
        for check in VerifyCheck.allCases {
            let tally = findings[check]
            let wrong = tally.count(.late) + tally.count(.wrong) + tally.count(.phantom)
            table.add(
                check.rawValue, "\(tally.examined)", "\(tally.count(.ok))", "\(tally.count(.repeated))", "\(tally.count(.pending))",
                "\(tally.count(.setAside))", "\(tally.count(.notChecked))", "\(tally.count(.inDoubt))", "\(tally.count(.duplicate))",
                "\(tally.count(.lost))", "\(wrong)")
        }
        return table
    }

    private func lines(of tally: CheckTally, limit: Int) -> [String] {
        var lines: [String] = []
        for status in VerifyStatus.allCases.reversed() where status != .pending {
            let kept = tally.findings[status] ?? []
            lines += kept.prefix(limit).map { $0.line }
            let more = tally.count(status) - min(limit, kept.count)
            if !kept.isEmpty, more > 0 { lines.append("\(kept[0].check.rawValue)  \(status.rawValue)  and \(more) more") }
        }
        return lines
    }
}

extension Finding {
    fileprivate var line: String {
        let whose = team.map { " of team \($0)" } ?? ""
        return Printable.line("\(check.rawValue)  \(status.rawValue)  \(reason)  \(id)\(whose): \(detail)")
    }
}

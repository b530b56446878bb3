import Models

/// All checks, one after the other; what looks bad is looked at once more, after a pause, before it is told.
struct VerifyRun {
    static let secondLookSeconds = 2

    let context: VerifyContext
    let now: Timestamp

    func run() async throws -> Findings {
        let progress = context.progress
        var signals = SignalPass(context)
        progress.begin("signals")
        try await signals.run()
        progress.end()
        var facts = FactPass(context)
        progress.begin("published facts")
        try await facts.run()
        progress.end()
        var incidents = IncidentPass(context)
        progress.begin("incidents")
        try await incidents.run(&facts)
        progress.end()
        var cells = CellPass(context)
        progress.begin("rollup cells")
        try await cells.run()
        progress.end()
        var outbox = OutboxPass(context)
        outbox.run(facts, now: now)
        if signals.hasSuspects || incidents.hasSuspects || cells.hasSuspects || outbox.hasSuspects {
            progress.begin("a second look")
            try await Task.sleep(for: .seconds(Self.secondLookSeconds))
            try await signals.runAgain()
            try await facts.runAgain()
            try await incidents.runAgain(&facts)
            try await cells.runAgain()
            outbox.runAgain(facts)
            progress.end()
        }
        try await outbox.phantoms(facts)
        var findings = signals.findings
        for other in [incidents.findings, cells.findings, outbox.findings] { findings.merge(other) }
        return findings
    }
}

import Simulation

/// The sums over the seeds of a run.
struct Report {
    private var seeds: [(seed: UInt64, hash: String)] = []
    private var steps = 0
    private var simulatedSeconds = 0
    private var faults: [(name: String, count: Int)] = []
    private var figures: [(name: String, count: Int)] = []

    mutating func add(_ outcome: RunResult) {
        seeds.append((outcome.seed, outcome.traceHash))
        steps += outcome.steps
        simulatedSeconds += outcome.simulatedSeconds
        faults = Self.sum(faults, outcome.faults)
        figures = Self.sum(figures, outcome.figures)
    }

    func text(seconds: Double) -> String {
        let first = seeds.first.map { "\($0.seed)" } ?? "-"
        let last = seeds.last.map { "\($0.seed)" } ?? "-"
        var lines = ["seeds \(first) to \(last), \(steps) steps, \(simulatedSeconds / 60) simulated minutes"]
        lines.append("\(Int(seconds * 10) / 10).\(Int(seconds * 10) % 10) s, \(Int(Double(steps) / max(seconds, 0.001))) steps/s")
        if seeds.count == 1 { lines.append("trace \(seeds[0].hash)") }
        lines.append("\nfaults injected: \(faults.reduce(0) { $0 + $1.count })")
        lines += faults.map { Self.row($0.name, $0.count) }
        lines.append("\nwhat came of it")
        lines += figures.map { Self.row($0.name, $0.count) }
        return lines.joined(separator: "\n")
    }

    private static func row(_ name: String, _ count: Int) -> String {
        let number = String(count)
        return "  \(name)\(String(repeating: " ", count: max(1, 36 - name.count - number.count)))\(number)"
    }

    private static func sum(
        _ left: [(name: String, count: Int)], _ right: [(name: String, count: Int)]
    ) -> [(name: String, count: Int)] {
        left.isEmpty ? right : zip(left, right).map { ($0.name, $0.count + $1.count) }
    }
}

/// One thing to repeat: a name, what a round moves, and the round. A round returns a number that depends on its work, so that the work is done.
struct Stage {
    let name: String
    private let bytes: Int
    private let alerts: Int
    private let round: () throws -> Int

    init(_ name: String, _ bytes: Int, _ alerts: Int, _ round: @escaping () throws -> Int) {
        self.name = name
        self.bytes = bytes
        self.alerts = alerts
        self.round = round
    }

    /// Rounds for at least so long, after a tenth of it to warm up. The best of five equal parts counts: others share the machine.
    func run(seconds: Double) throws -> String {
        var check = 0
        _ = try part(seconds: seconds / 10, check: &check)
        var best = (rounds: 0, seconds: Double.infinity)
        for _ in 0..<5 {
            let this = try part(seconds: seconds / 5, check: &check)
            if this.seconds / Double(this.rounds) < best.seconds / Double(max(best.rounds, 1)) || best.rounds == 0 { best = this }
        }
        guard check > 0 else { throw Failure("\(name) did nothing") }
        return #"{"name":"\#(name)","bytes":\#(bytes),"alerts":\#(alerts),"rounds":\#(best.rounds),"seconds":\#(best.seconds)}"#
    }

    /// Exactly so many rounds.
    func run(rounds: Int) throws -> String {
        var check = 0
        for _ in 0..<rounds { check &+= try round() }
        guard check > 0 else { throw Failure("\(name) did nothing") }
        return #"{"name":"\#(name)","bytes":\#(bytes),"alerts":\#(alerts),"rounds":\#(rounds)}"#
    }

    private func part(seconds: Double, check: inout Int) throws -> (rounds: Int, seconds: Double) {
        let start = ContinuousClock.now
        var rounds = 0
        while true {
            for _ in 0..<8 { check &+= try round() }
            rounds += 8
            let passed = start.duration(to: .now).components
            let taken = Double(passed.seconds) + Double(passed.attoseconds) / 1e18
            if taken >= seconds { return (rounds, taken) }
        }
    }
}

import Models

/// What really happened, told by those who did it: nothing of ours can read it.
final class Ledger {
    /// Records that a sender was promised, by serial.
    var accepted: [Int] = []
    /// Records of the log by serial: signals above 0, facts of deliveries below.
    private(set) var log: [Int: [UInt8]] = [:]
    /// What each process has claimed and not finished.
    var flights: [String: [Flight]] = [:]
    /// Arrivals at the providers, by delivery.
    private(set) var arrivals: [Int: [Flight]] = [:]
    /// Messages that a provider which knows no ids got once more.
    private(set) var duplicated = 0
    /// Copies that the receiver could recognise.
    private(set) var recognised = 0
    var fenced = 0
    /// Batches planned anew because another replica was faster.
    var collisions = 0
    /// Records put aside that there must be.
    var poison = 0
    private var lastSerial = 0
    private var lastWish = 0

    func newSerial() -> Int {
        lastSerial += 1
        return lastSerial
    }

    func newWish() -> Int {
        lastWish += 1
        return lastWish
    }

    func appended(_ serial: Int, _ value: [UInt8]) { log[serial] = value }

    func arrived(_ flight: Flight, isRecognised: Bool) {
        if !(arrivals[flight.row.id] ?? []).isEmpty {
            if isRecognised { recognised += 1 } else { duplicated += 1 }
        }
        arrivals[flight.row.id, default: []].append(flight)
    }
}

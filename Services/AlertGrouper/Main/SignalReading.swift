import Grouping
import Kafka
import Models
import ServiceKit

/// The records of a batch, told apart: repeats that the memory recognises, and signals to be decided.
///
/// An alert with one signal to be decided has all of its signals of the batch decided, so that their order counts.
struct SignalReading {
    /// Recognised repeats.
    private(set) var repeats: [SignalGlance] = []
    /// To be decided, in the order of the records.
    private(set) var signals: [Signal] = []
    /// Where the records of `signals` stand in the batch.
    private(set) var indices: [Int] = []
    /// The last signal of each alert to be decided.
    private(set) var last: [Alert.ID: (signal: Signal, content: UInt64?)] = [:]
    /// When the gateway had received the newest of all.
    private(set) var newest: Timestamp?

    /// - Throws: `PoisonRecord` for the first record that cannot be read or stored.
    init(_ records: [IncomingRecord], memory: RepeatMemory, now: Timestamp) throws {
        let glances = records.map { SignalGlance($0.value) }
        let repeated = memory.recognise(glances, now: now)
        var decoded: [Signal?] = Array(repeating: nil, count: records.count)
        for index in records.indices where repeated[index] == nil {
            decoded[index] = try Self.signal(records[index], index: index)
        }
        let deciding = Set(decoded.compactMap { $0?.alertID })
        for index in records.indices {
            if let alert = repeated[index], let glance = glances[index], !deciding.contains(alert) {
                repeats.append(glance)
                note(glance.receivedAt)
            } else {
                try decide(decoded[index] ?? Self.signal(records[index], index: index), at: index, content: glances[index]?.content)
            }
        }
    }

    private mutating func decide(_ signal: Signal, at index: Int, content: UInt64?) {
        signals.append(signal)
        indices.append(index)
        last[signal.alertID] = (signal, content)
        note(signal.receivedAt)
    }

    private mutating func note(_ receivedAt: Timestamp) { newest = max(newest ?? receivedAt, receivedAt) }

    private static func signal(_ record: IncomingRecord, index: Int) throws -> Signal {
        let signal: Signal
        do { signal = try Signal(decoding: record.value) } catch { throw PoisonRecord(index: index, reason: error.description) }
        if let fault = SignalFault(of: signal) { throw PoisonRecord(index: index, reason: fault.description) }
        return signal
    }
}

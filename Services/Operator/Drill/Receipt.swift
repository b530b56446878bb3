import JSON
import Models
import Postgres
import Store

/// What became of a drill in one channel: a row of the delivery ledger, or that there is none.
struct Receipt: Sendable, Hashable {
    let channel: String
    let type: String
    /// State of the delivery; nil: none was planned, or not yet.
    let state: String?
    let attempts: Int
    /// From the moment the drill began to the provider's acceptance.
    let milliseconds: Int64?
    let providerID: String?
    let error: String?

    /// Nothing more will happen to it.
    var isFinal: Bool { state.map { !["pending", "sending"].contains($0) } ?? false }

    var isSent: Bool { state == "sent" }
}

/// How far the drill has come, judged by the database.
struct DrillReport: Sendable, Hashable {
    /// By channel and part; every channel that is on has at least one.
    var receipts: [Receipt]
    /// The notifier has decided whom to tell.
    var isPlanned: Bool

    var isFinished: Bool { isPlanned && receipts.allSatisfy { $0.isFinal || $0.state == nil } }

    /// Every channel that is on got it.
    var isPassed: Bool { !receipts.isEmpty && receipts.allSatisfy(\.isSent) }

    /// `sent`, `not routed`, `pending` …
    func word(of receipt: Receipt) -> String { receipt.state ?? (isPlanned ? "not routed" : "missing") }

    func table() -> Table {
        var table = Table("CHANNEL", "TYPE", "STATE", "MS", "PROVIDER ID", "ERROR")
        for receipt in receipts {
            table.add(
                receipt.channel, receipt.type, word(of: receipt), receipt.milliseconds.map(String.init), receipt.providerID, receipt.error)
        }
        return table
    }

    func json(incident: IncidentID?, number: Int64?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("incidentId", incident?.description)
            writer.field("number", number)
            writer.field("passed", isPassed)
            writer.key("receipts")
            writer.array { writer in
                for receipt in receipts {
                    writer.object { writer in
                        writer.field("channel", receipt.channel)
                        writer.field("type", receipt.type)
                        writer.field("state", word(of: receipt))
                        writer.field("attempts", receipt.attempts)
                        writer.field("milliseconds", receipt.milliseconds)
                        writer.field("providerId", receipt.providerID)
                        writer.field("error", receipt.error)
                    }
                }
            }
        }
        return writer.bytes
    }
}

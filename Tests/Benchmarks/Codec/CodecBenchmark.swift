import AlertSources
import FoundationEssentials
import JSON
import Models

/// Megabytes a second of one core through the codec: webhook body to alerts, signal to record, record to signal; and Foundation's coders on
/// the same bytes in the same process.
///
/// Prints one JSON object a line: name, bytes and alerts of one round, rounds, seconds.
@main
struct CodecBenchmark {
    static func main() throws {
        guard CommandLine.arguments.count >= 3, let seconds = Double(CommandLine.arguments[1]), (0.01...60).contains(seconds) else {
            throw Failure("usage: codec-benchmark SECONDS-OF-EACH BODY-FILE...")
        }
        for path in CommandLine.arguments.dropFirst(2) {
            let body = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
            for stage in try stages(body) {
                let result = try stage.run(seconds: seconds)
                print(result)
            }
        }
    }

    private static func stages(_ body: [UInt8]) throws -> [Stage] {
        let work = try GatewayWork(body: body)
        let records = work.signals.map { $0.encode() }
        let recordBytes = records.reduce(0) { $0 + $1.count }
        let alerts = records.count
        let reference = try FoundationWork(body: body, records: records)
        return [
            Stage("document", body.count, alerts) { try JSONDocument.parse(body).root.count },
            Stage("body-to-alerts", body.count, alerts) { try work.parse().count },
            Stage("body-to-records", body.count, alerts) { try work.facts().count },
            Stage("signals-to-records", recordBytes, alerts) { work.signals.reduce(0) { $0 + $1.encode().count } },
            Stage("records-to-signals", recordBytes, alerts) {
                try records.reduce(0) { try $0 + Signal(decoding: $1).labels.count }
            },
            Stage("foundation-body-to-structs", body.count, alerts) { try reference.decodeBody() },
            Stage("foundation-structs-to-records", recordBytes, alerts) { try reference.encodeRecords() },
            Stage("foundation-records-to-structs", recordBytes, alerts) { try reference.decodeRecords() },
        ]
    }
}

/// A refused command line, told on standard error by the runtime.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

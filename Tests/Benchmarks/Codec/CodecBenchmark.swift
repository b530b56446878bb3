import AlertSources
import FoundationEssentials
import JSON
import Models

/// Megabytes a second of one core through the codec: webhook body to alerts, signal to record, record to signal; and Foundation's coders on
/// the same bytes in the same process. Prints one JSON object a line: name, bytes and alerts of one round, rounds, seconds.
///
/// With `--stage` it repeats one of them a fixed number of times instead, for tools that count: two runs of different counts under
/// callgrind differ by nothing but the rounds.
@main
struct CodecBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count >= 2, arguments[1] == "--stage" { return try counted(arguments) }
        guard arguments.count >= 3, let seconds = Double(arguments[1]), (0.01...60).contains(seconds) else {
            throw Failure(
                "usage: codec-benchmark SECONDS-OF-EACH BODY-FILE...\n       codec-benchmark --stage NAME --iterations COUNT BODY-FILE")
        }
        for path in arguments.dropFirst(2) {
            for stage in try stages(read(path)) { print(try stage.run(seconds: seconds)) }
        }
    }

    /// `--stage NAME --iterations COUNT BODY-FILE`; names are those that a timed run prints.
    private static func counted(_ arguments: [String]) throws {
        guard arguments.count == 6, arguments[3] == "--iterations", let rounds = Int(arguments[4]), (1...1_000_000).contains(rounds) else {
            throw Failure("usage: codec-benchmark --stage NAME --iterations 1...1000000 BODY-FILE")
        }
        let stages = try stages(read(arguments[5]))
        guard let stage = stages.first(where: { $0.name == arguments[2] }) else {
            throw Failure("there is no stage \(arguments[2]), only \(stages.map(\.name).joined(separator: ", "))")
        }
        print(try stage.run(rounds: rounds))
    }

    private static func read(_ path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) }

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

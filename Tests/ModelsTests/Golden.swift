import FoundationEssentials
import Models
import Testing

/// Fixed values for the golden records. The wire format is a promise to every consumer, ours and others': a test that fails here means
/// that the format changed, not that the test is old.
enum Golden {
    static let team = TeamID("11111111-1111-4111-8111-111111111111") ?? .random()
    static let incident = IncidentID("22222222-2222-4222-8222-222222222222") ?? .random()
    static let channel = ChannelID("33333333-3333-4333-8333-333333333333") ?? .random()
    static let delivery = DeliveryID("44444444-4444-4444-8444-444444444444") ?? .random()
    static let document = DocumentID("55555555-5555-4555-8555-555555555555") ?? .random()
    static let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// Seconds after 2026-11-21T05:55:16Z.
    static func at(_ seconds: Int64, microseconds: Int64 = 0) -> Timestamp {
        Timestamp(microseconds: (1_795_240_516 + seconds) * 1_000_000 + microseconds)
    }

    static var fullIncident: Incident {
        Incident(
            id: incident, teamID: team, number: 4711, title: "p99 above 2 s (checkout)", description: "Since \"noon\"\n<b>é</b>",
            status: .acknowledged, severity: .critical, groupingKey: GroupingKey("service=checkout"),
            labels: ["service": "checkout", "env": "prod"], createdAt: at(0), updatedAt: at(60, microseconds: 123_456), ackedAt: at(60),
            resolvedAt: nil, assigneeID: "ada", resolveDueAt: at(120), reopenCount: 1, alertCount: 3, firingCount: 2, sequence: 7)
    }

    static var barrenIncident: Incident {
        Incident(
            id: incident, teamID: team, number: 1, title: "t", description: "", status: .open, severity: .low,
            groupingKey: GroupingKey("alert=ab"), labels: [:], createdAt: at(0), updatedAt: at(0), sequence: 1)
    }

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// What every codec of a record must hold, checked for each of them by its suite.
struct CodecPromise<Record: Hashable & Sendable> {
    let golden: String
    let value: Record
    let encode: (Record) -> [UInt8]
    let decode: ([UInt8]) throws -> Record

    func check(required: [String]) throws {
        #expect(Golden.text(encode(value)) == golden)
        #expect(try decode(Golden.bytes(golden)) == value)
        let withUnknown = "{\"futureField\":{\"a\":[1,null]}," + golden.dropFirst()
        #expect(try decode(Golden.bytes(withUnknown)) == value)
        for length in 0..<golden.utf8.count {
            #expect(throws: RecordError.self) { try decode(Array(golden.utf8.prefix(length))) }
        }
        for field in required { refuses(without: field) }
        for other in ["null", "[]", "\"x\"", "7", golden + golden] {
            #expect(throws: RecordError.self) { try decode(Golden.bytes(other)) }
        }
    }

    /// Renaming a required field must name it as missing.
    private func refuses(without field: String) {
        let key = field.split(separator: ".").last.map(String.init) ?? field
        let broken = golden.replacing("\"\(key)\":", with: "\"x\(key)\":", maxReplacements: 1)
        let error = #expect(throws: RecordError.self) { try decode(Golden.bytes(broken)) }
        #expect(error?.path == field)
    }
}

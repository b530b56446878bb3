import FoundationEssentials

/// The same bytes through Foundation's coders into plain structs. Times stay text and nothing is checked, which is in Foundation's favour.
struct FoundationWork {
    private struct Webhook: Codable {
        let version: String
        let groupKey: String
        let truncatedAlerts: Int
        let status: String
        let receiver: String
        let groupLabels: [String: String]
        let commonLabels: [String: String]
        let commonAnnotations: [String: String]
        let externalURL: String
        let alerts: [Alert]
    }

    private struct Alert: Codable {
        let status: String
        let labels: [String: String]
        let annotations: [String: String]
        let startsAt: String
        let endsAt: String
        let generatorURL: String
        let fingerprint: String
    }

    private struct Record: Codable {
        let teamId: String
        let source: String
        let fingerprint: String
        let status: String
        let startsAt: String
        let endsAt: String?
        let expiresAt: String?
        let groupingKey: String
        let labels: [String: String]
        let annotations: [String: String]
        let generatorURL: String?
        let receivedAt: String
        let traceparent: String?
    }

    private let body: Data
    private let records: [Data]
    private let structs: [Record]
    private let decoder = JSONDecoder()
    private let encoder = JSONEncoder()

    init(body: [UInt8], records: [[UInt8]]) throws {
        self.body = Data(body)
        self.records = records.map { Data($0) }
        let decoder = decoder
        structs = try self.records.map { try decoder.decode(Record.self, from: $0) }
        // Signal.encode writes its maps in order of their keys, too.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func decodeBody() throws -> Int { try decoder.decode(Webhook.self, from: body).alerts.count }

    func encodeRecords() throws -> Int { try structs.reduce(0) { try $0 + encoder.encode($1).count } }

    func decodeRecords() throws -> Int { try records.reduce(0) { try $0 + decoder.decode(Record.self, from: $1).labels.count } }
}

import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import JSON
import Testing

@testable import ingest_gateway

/// The table that the end-to-end run sends to the real gateway too.
@Suite struct BadInputTests {
    struct Row: Sendable {
        let name: String
        let method: String
        let path: String
        let headers: [String: String?]
        let body: [UInt8]?
        let status: Int
        let contains: String
        let field: String?
    }

    static func table() throws -> [Row] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "EndToEnd/bad_input_table.json")
        let document = try JSONDocument.parse(Array(try Data(contentsOf: file)), limits: .internal)
        return try document.root.elements.map { try Row($0) }
    }

    @Test func everyRowIsRefusedAsTheTableSaysAndNothingIsPublished() async throws {
        let rows = try Self.table()
        #expect(rows.count >= 60)
        let fixture = Fixture()
        try await fixture.test { client in
            for row in rows {
                let method = try #require(HTTPRequest.Method(row.method))
                let answer = try await client.executeRequest(
                    uri: row.path, method: method, headers: .sent(row.headers), body: row.body.map { ByteBuffer(bytes: $0) })
                let text = String(buffer: answer.body)
                #expect(answer.status.code == row.status, "\(row.name): \(text)")
                #expect(text.contains(row.contains), "\(row.name): \(text)")
                let json = try JSONDocument.parse(Array(text.utf8)).root
                #expect(json["error"]?.string?.isEmpty == false && json["code"]?.string != nil && json["requestId"]?.string != nil)
                if let field = row.field { #expect(json["field"]?.string == field, "\(row.name): \(text)") }
                #expect(!text.contains(Fixture.key), "\(row.name)")
            }
        }
        #expect(fixture.facts.isEmpty)
        #expect(!fixture.log.text.contains("tk_ingest"))
    }
}

extension BadInputTests.Row {
    init(_ node: JSONNode) throws {
        func text(_ key: String) throws -> String { try #require(node[key]?.string) }
        let keys = ["{key}": Fixture.key, "{revoked}": Fixture.revokedKey, "{generic}": Fixture.genericKey]
        var headers: [String: String?] = [:]
        for header in try #require(node["headers"]).members {
            headers[header.key] = .some(
                header.value.string.map { value in keys.reduce(value) { $0.replacing($1.key, with: $1.value) } })
        }
        self.init(
            name: try text("name"), method: try text("method"), path: try text("path"), headers: headers, body: Self.body(node),
            status: Int(try #require(node["status"]?.int)), contains: try text("contains"),
            field: node["field"]?.string)
    }

    /// Text, hex digits, or pieces with how often each is repeated.
    private static func body(_ node: JSONNode) -> [UInt8]? {
        if let text = node["body"]?.string { return Array(text.utf8) }
        if let hex = node["body_hex"]?.string {
            let digits = Array(hex)
            return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
        }
        guard let parts = node["body_parts"] else { return nil }
        return parts.elements.flatMap { part in
            Array(String(repeating: part[0]?.string ?? "", count: Int(part[1]?.int ?? 0)).utf8)
        }
    }
}

import FoundationEssentials
import Postgres

/// The bound arrays of a batch: 500 rows of the kinds of columns that `alerts` has.
enum ParameterPath {
    private static let rows = 500

    static func columns() -> HotPath {
        let ids = (0..<rows).map { UUID(uuid: (1, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, UInt8($0 / 256), UInt8($0 % 256), 1)) }
        let texts = (0..<rows).map { "service=checkout,instance=10.0.3.\($0)" }
        let optional = (0..<rows).map { $0 % 2 == 0 ? "http://prometheus.example.com:9090/graph?g0.expr=up&n=\($0)" : nil }
        let documents = (0..<rows).map { PostgresJSON(#"{"alertname":"HighErrorRate","service":"checkout-\#($0)","severity":"critical"}"#) }
        let numbers = (0..<rows).map { Int64($0) * 1_000_003 }
        return HotPath("row-parameters", rows, "row") {
            try PostgresStatement("-- rows", [ids, texts, optional, documents, numbers]).wireBytes(as: types)
        }
    }

    /// uuid[], text[], text[], jsonb[], bigint[]: as the server tells them for a prepared statement.
    private static let types: [UInt32] = [2951, 1009, 1009, 3807, 1016]
}

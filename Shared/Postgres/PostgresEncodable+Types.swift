package import FoundationEssentials

extension String: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(self) }
}

extension Int: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }
}

extension Int64: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }
}

extension Int32: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }
}

extension Double: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(description) }
}

extension Bool: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(self ? "true" : "false") }
}

extension UUID: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(uuidString.lowercased()) }
}

extension UInt8: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }

    /// Bytes are `bytea` in hex: `\x00ff`.
    package static func postgresArray(_ elements: [UInt8]) -> PostgresValue { .text(HexBytes.encode(elements)) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package var postgresValue: PostgresValue { self?.postgresValue ?? .null }
}

/// `[String]` is `text[]`, `[Int?]` is `bigint[]` with NULLs, `[UInt8]` is `bytea`.
///
/// An array of arrays arrives as an array of array literals (PostgreSQL has no ragged arrays):
/// `SELECT label::text[] FROM unnest($1::text[]) AS label`.
extension Array: PostgresEncodable where Element: PostgresEncodable {
    package var postgresValue: PostgresValue { Element.postgresArray(self) }
}

package import FoundationEssentials

extension String: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(self) }

    package static func postgresArray(_ elements: [String]) -> PostgresValue { .array(.texts(elements)) }
    package static func postgresArray(optionals elements: [String?]) -> PostgresValue { .array(.texts(elements)) }
}

extension Int: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }

    package static func postgresArray(_ elements: [Int]) -> PostgresValue { .array(.integers(elements.map { Int64($0) })) }
    package static func postgresArray(optionals elements: [Int?]) -> PostgresValue {
        .array(.integers(elements.map { $0.map { Int64($0) } }))
    }
}

extension Int64: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }

    package static func postgresArray(_ elements: [Int64]) -> PostgresValue { .array(.integers(elements)) }
    package static func postgresArray(optionals elements: [Int64?]) -> PostgresValue { .array(.integers(elements)) }
}

extension Int32: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }

    package static func postgresArray(_ elements: [Int32]) -> PostgresValue { .array(.integers(elements.map { Int64($0) })) }
}

extension Double: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(description) }
}

extension Bool: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(self ? "true" : "false") }
}

extension UUID: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(uuidString.lowercased()) }

    package static func postgresArray(_ elements: [UUID]) -> PostgresValue { .array(.uuids(elements)) }
    package static func postgresArray(optionals elements: [UUID?]) -> PostgresValue { .array(.uuids(elements)) }
}

extension UInt8: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(String(self)) }

    /// Bytes are `bytea` in hex: `\x00ff`.
    package static func postgresArray(_ elements: [UInt8]) -> PostgresValue { .text(HexBytes.encode(elements)) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package var postgresValue: PostgresValue { self?.postgresValue ?? .null }

    package static func postgresArray(_ elements: [Wrapped?]) -> PostgresValue { Wrapped.postgresArray(optionals: elements) }
}

/// `[String]` is `text[]`, `[Int?]` is `bigint[]` with NULLs, `[UInt8]` is `bytea`.
///
/// An array of arrays arrives as an array of array literals (PostgreSQL has no ragged arrays):
/// `SELECT label::text[] FROM unnest($1::text[]) AS label`.
extension Array: PostgresEncodable where Element: PostgresEncodable {
    package var postgresValue: PostgresValue { Element.postgresArray(self) }
}

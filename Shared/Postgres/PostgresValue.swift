/// One bound parameter.
package enum PostgresValue: Sendable, Hashable {
    case null
    /// The text representation of the type it is bound to; must not contain U+0000, which PostgreSQL cannot store.
    case text(String)
    case array(PostgresArray)
}

extension PostgresValue {
    /// As text, nil for NULL.
    var text: String? {
        switch self {
        case .null: nil
        case .text(let text): text
        case .array(let array): array.literal
        }
    }
}

extension PostgresValue: PostgresEncodable {
    package var postgresValue: PostgresValue { self }
}

/// Something that can be bound as `$1`.
package protocol PostgresEncodable: Sendable {
    var postgresValue: PostgresValue { get }
    /// How an array of it is bound. The default is the text form of each element; `UInt8` differs, whose arrays are `bytea`.
    static func postgresArray(_ elements: [Self]) -> PostgresValue
    /// As ``postgresArray(_:)``, with nil for NULL.
    static func postgresArray(optionals elements: [Self?]) -> PostgresValue
}

extension PostgresEncodable {
    package static func postgresArray(_ elements: [Self]) -> PostgresValue { .array(.texts(elements.map { $0.postgresValue.text })) }

    package static func postgresArray(optionals elements: [Self?]) -> PostgresValue {
        .array(.texts(elements.map { $0?.postgresValue.text }))
    }
}

/// A JSON text bound as `json` or `jsonb`.
package struct PostgresJSON: Sendable, Hashable, PostgresEncodable {
    private let bytes: [UInt8]

    package init(_ text: String) { bytes = Array(text.utf8) }

    /// `bytes` must be UTF-8, as ``JSONWriter`` makes it.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// JSON as it goes to the server.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package var postgresValue: PostgresValue { .text(text) }

    package static func postgresArray(_ elements: [PostgresJSON]) -> PostgresValue { .array(.utf8(elements.map(\.bytes))) }
}

/// One bound parameter or one column, in PostgreSQL's text format.
package enum PostgresValue: Sendable, Hashable {
    case null
    /// The text representation of the type it is bound to; must not contain U+0000, which PostgreSQL cannot store.
    case text(String)
}

extension PostgresValue: PostgresEncodable {
    package var postgresValue: PostgresValue { self }
}

/// Something that can be bound as `$1`.
package protocol PostgresEncodable: Sendable {
    var postgresValue: PostgresValue { get }
    /// How an array of it is bound. The default is an array literal; only `UInt8` differs, whose arrays are `bytea`.
    static func postgresArray(_ elements: [Self]) -> PostgresValue
}

extension PostgresEncodable {
    package static func postgresArray(_ elements: [Self]) -> PostgresValue {
        .text(ArrayLiteral.encode(elements.map(\.postgresValue)))
    }
}

/// A JSON text bound as `json` or `jsonb`.
package struct PostgresJSON: Sendable, Hashable, PostgresEncodable {
    /// JSON as it goes to the server.
    package let text: String

    package init(_ text: String) { self.text = text }

    /// `bytes` must be UTF-8, as ``JSONWriter`` makes it.
    package init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

    package var postgresValue: PostgresValue { .text(text) }
}

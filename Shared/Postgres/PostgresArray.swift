package import FoundationEssentials

/// The elements of a bound array, as they are: how they go to the server is decided when the type of the parameter is known.
package enum PostgresArray: Sendable, Hashable {
    /// Text, or the text form of any other type.
    case texts([String?])
    /// UTF-8 without U+0000, for JSON that was written as bytes.
    case utf8([[UInt8]])
    case integers([Int64?])
    case uuids([UUID?])
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamps([Int64?])
}

extension PostgresArray: PostgresEncodable {
    package var postgresValue: PostgresValue { .array(self) }
}

extension PostgresArray {
    /// The text form of the whole array, `{"a",NULL}`.
    var literal: String { ArrayLiteral.encode(texts) }

    /// The text form of each element.
    var texts: [String?] {
        switch self {
        case .texts(let elements): elements
        case .utf8(let elements): elements.map { String(decoding: $0, as: UTF8.self) }
        case .integers(let elements): elements.map { $0.map(String.init) }
        case .uuids(let elements): elements.map { $0.map { $0.uuidString.lowercased() } }
        case .timestamps(let elements): elements.map { $0.map(TimestampText.text) }
        }
    }

    /// Whether the elements are text in some form of the sender's making.
    var isText: Bool {
        switch self {
        case .texts, .utf8: true
        case .integers, .uuids, .timestamps: false
        }
    }

    /// Whether a text among them contains U+0000.
    var holdsNull: Bool {
        switch self {
        case .texts(let elements): elements.contains { $0.map(Self.holdsNull) ?? false }
        case .utf8(let elements): elements.contains { $0.contains(0) }
        case .integers, .uuids, .timestamps: false
        }
    }

    private static func holdsNull(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { $0.contains(0) } ?? text.utf8.contains(0)
    }
}

package import Models
package import Postgres

extension Timestamp: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(rfc3339) }

    package static func postgresArray(_ elements: [Timestamp]) -> PostgresValue { .array(.timestamps(elements.map(\.microseconds))) }

    package static func postgresArray(optionals elements: [Timestamp?]) -> PostgresValue {
        .array(.timestamps(elements.map { $0?.microseconds }))
    }
}

extension Identifier: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(description) }

    package static func postgresArray(_ elements: [Identifier]) -> PostgresValue { .array(.uuids(elements.map(\.uuid))) }

    package static func postgresArray(optionals elements: [Identifier?]) -> PostgresValue { .array(.uuids(elements.map { $0?.uuid })) }
}

extension Severity: PostgresEncodable {
    package var postgresValue: PostgresValue { .text(rawValue) }
}

extension Row {
    /// timestamptz
    package func timestamp(_ column: String) throws -> Timestamp { Timestamp(microseconds: try microseconds(column)) }

    /// timestamptz or NULL
    package func optionalTimestamp(_ column: String) throws -> Timestamp? {
        try optionalMicroseconds(column).map(Timestamp.init(microseconds:))
    }

    /// uuid
    package func identifier<Subject>(_ column: String) throws -> Identifier<Subject> { Identifier(try uuid(column)) }

    /// uuid or NULL
    package func optionalIdentifier<Subject>(_ column: String) throws -> Identifier<Subject>? {
        try optionalUUID(column).map(Identifier.init)
    }

    /// A text column with the raw value of an enum.
    package func choice<Choice: RawRepresentable<String>>(_ column: String, as type: Choice.Type = Choice.self) throws -> Choice {
        let text = try string(column)
        guard let choice = Choice(rawValue: text) else { throw StoreError.unexpected(column: column, value: text) }
        return choice
    }

    /// jsonb object of strings.
    package func labels(_ column: String) throws -> Labels {
        let bytes = try utf8(column)
        do { return try Labels(json: bytes) } catch {
            throw StoreError.unexpected(column: column, value: error.description)
        }
    }
}

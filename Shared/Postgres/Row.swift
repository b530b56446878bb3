package import FoundationEssentials

/// Names a column: by its name (preferred) or by its position from 0.
package protocol ColumnKey: Sendable {
    /// The position in a result with these columns, nil where there is no such column.
    func position(lookup: (String) -> Int?, count: Int) -> Int?
}

extension String: ColumnKey {
    package func position(lookup: (String) -> Int?, count: Int) -> Int? { lookup(self) }
}

extension Int: ColumnKey {
    package func position(lookup: (String) -> Int?, count: Int) -> Int? { (0..<count).contains(self) ? self : nil }
}

/// One row. Every reader throws ``PostgresError`` with code `decoding`, naming the column and the wanted type, where the column is
/// absent, is NULL (use the `optional…` form), or its text is not of that type. The value itself is never in the error.
package struct Row: Sendable {
    let table: ResultTable
    let index: Int

    package func string(_ column: some ColumnKey) throws -> String { try required(column, "text", Self.text) }
    package func int(_ column: some ColumnKey) throws -> Int { try required(column, "int", Self.integer) }
    package func int64(_ column: some ColumnKey) throws -> Int64 { try required(column, "int64", Self.integer) }
    package func double(_ column: some ColumnKey) throws -> Double { try required(column, "double", Self.double) }
    package func bool(_ column: some ColumnKey) throws -> Bool { try required(column, "bool", Self.bool) }
    package func uuid(_ column: some ColumnKey) throws -> UUID { try required(column, "uuid", Self.uuid) }
    /// A `bytea` column.
    package func bytes(_ column: some ColumnKey) throws -> [UInt8] { try required(column, "bytea", HexBytes.decode) }
    /// A `text[]` column (or an array of any other type, as text) without NULL elements.
    package func stringArray(_ column: some ColumnKey) throws -> [String] { try required(column, "text[]", Self.strings) }
    /// A `bigint[]` or `integer[]` column without NULL elements.
    package func intArray(_ column: some ColumnKey) throws -> [Int] { try required(column, "int[]", Self.integers) }
    /// A `timestamptz` column, as microseconds since 1970-01-01T00:00:00Z; `infinity` is an error.
    package func microseconds(_ column: some ColumnKey) throws -> Int64 {
        try required(column, "timestamptz", TimestampText.microseconds)
    }
    /// The text of the column as it came, for `jsonb`.
    package func utf8(_ column: some ColumnKey) throws -> [UInt8] { try required(column, "text", { Array($0) }) }

    package func optionalString(_ column: some ColumnKey) throws -> String? { try optional(column, "text", Self.text) }
    package func optionalInt(_ column: some ColumnKey) throws -> Int? { try optional(column, "int", Self.integer) }
    package func optionalInt64(_ column: some ColumnKey) throws -> Int64? { try optional(column, "int64", Self.integer) }
    package func optionalDouble(_ column: some ColumnKey) throws -> Double? { try optional(column, "double", Self.double) }
    package func optionalBool(_ column: some ColumnKey) throws -> Bool? { try optional(column, "bool", Self.bool) }
    package func optionalUUID(_ column: some ColumnKey) throws -> UUID? { try optional(column, "uuid", Self.uuid) }
    package func optionalBytes(_ column: some ColumnKey) throws -> [UInt8]? { try optional(column, "bytea", HexBytes.decode) }
    package func optionalStringArray(_ column: some ColumnKey) throws -> [String]? { try optional(column, "text[]", Self.strings) }
    package func optionalIntArray(_ column: some ColumnKey) throws -> [Int]? { try optional(column, "int[]", Self.integers) }
    package func optionalMicroseconds(_ column: some ColumnKey) throws -> Int64? {
        try optional(column, "timestamptz", TimestampText.microseconds)
    }
    package func optionalUTF8(_ column: some ColumnKey) throws -> [UInt8]? { try optional(column, "text", { Array($0) }) }

    private func required<T>(_ column: some ColumnKey, _ type: String, _ decode: (ArraySlice<UInt8>) -> T?) throws -> T {
        guard let value = try optional(column, type, decode) else { throw decodingError(column, type, "is NULL") }
        return value
    }

    private func optional<T>(_ column: some ColumnKey, _ type: String, _ decode: (ArraySlice<UInt8>) -> T?) throws -> T? {
        guard let position = column.position(lookup: table.position(of:), count: table.columns.count) else {
            throw decodingError(column, type, "is not in the result")
        }
        guard let cell = table.cell(row: index, column: position) else { return nil }
        guard let value = decode(cell) else { throw decodingError(column, type, "does not hold one") }
        return value
    }

    private func decodingError(_ column: some ColumnKey, _ type: String, _ problem: String) -> PostgresError {
        .decoding(column: "\(column)", type: type, problem: problem, statementName: table.statementName)
    }
}

extension Row {
    private static func text(_ cell: ArraySlice<UInt8>) -> String? { String(decoding: cell, as: UTF8.self) }

    private static func integer<T: FixedWidthInteger>(_ cell: ArraySlice<UInt8>) -> T? { T(String(decoding: cell, as: UTF8.self)) }

    private static func double(_ cell: ArraySlice<UInt8>) -> Double? { Double(String(decoding: cell, as: UTF8.self)) }

    private static func uuid(_ cell: ArraySlice<UInt8>) -> UUID? { UUID(uuidString: String(decoding: cell, as: UTF8.self)) }

    private static func bool(_ cell: ArraySlice<UInt8>) -> Bool? {
        switch cell.first {
        case UInt8(ascii: "t") where cell.count == 1: true
        case UInt8(ascii: "f") where cell.count == 1: false
        default: nil
        }
    }

    private static func strings(_ cell: ArraySlice<UInt8>) -> [String]? {
        guard let elements = ArrayLiteral.decode(cell) else { return nil }
        let present = elements.compactMap(\.self)
        return present.count == elements.count ? present : nil
    }

    private static func integers(_ cell: ArraySlice<UInt8>) -> [Int]? {
        guard let elements = strings(cell) else { return nil }
        let numbers = elements.compactMap { Int($0) }
        return numbers.count == elements.count ? numbers : nil
    }
}

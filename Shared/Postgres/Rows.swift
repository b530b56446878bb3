/// What a statement answered: its rows, copied out of libpq, and how many rows it touched.
package struct Rows: Sendable, RandomAccessCollection {
    let table: ResultTable

    /// Rows inserted, updated, deleted or returned (libpq's `PQcmdTuples`); 0 for a command that touches none.
    package var affected: Int { table.affected }

    /// What the server says it did, without a count: `COMMIT`.
    var commandTag: String { table.commandTag }

    package var startIndex: Int { 0 }
    package var endIndex: Int { table.rowCount }

    package subscript(position: Int) -> Row {
        precondition(indices.contains(position), "row out of range")
        return Row(table: table, index: position)
    }
}

/// All cells of one result in one buffer.
final class ResultTable: Sendable {
    /// Where a NULL would be.
    static let null = -1..<(-1)

    let columns: [String]
    let rowCount: Int
    let affected: Int
    let commandTag: String
    private let statement: StaticString
    private let bytes: [UInt8]
    /// Row by row, column by column: where the cell's text is in `bytes`.
    private let cells: [Range<Int>]
    private let positions: [String: Int]

    init(
        columns: [String], rowCount: Int, affected: Int, commandTag: String, statement: StaticString, bytes: [UInt8],
        cells: [Range<Int>]
    ) {
        self.columns = columns
        self.rowCount = rowCount
        self.affected = affected
        self.commandTag = commandTag
        self.statement = statement
        self.bytes = bytes
        self.cells = cells
        // Of two columns with one name the first is meant.
        positions = Dictionary(zip(columns, columns.indices), uniquingKeysWith: { first, _ in first })
    }

    /// For decoding errors.
    var statementName: String { StatementName.of(statement) }

    func position(of column: String) -> Int? { positions[column] }

    /// The cell's text, nil for NULL.
    func cell(row: Int, column: Int) -> ArraySlice<UInt8>? {
        let range = cells[row * columns.count + column]
        return range == Self.null ? nil : bytes[range]
    }
}

/// Rows in aligned columns, for people; programs use --json.
struct Table: Sendable {
    let header: [String]
    var rows: [[String]] = []

    init(_ header: String...) { self.header = header }

    mutating func add(_ cells: String?...) { rows.append(cells.map { $0.map(Printable.line) ?? "-" }) }

    /// Header and rows; two blanks between columns, none at the end of a line. Words of a closed set may be coloured.
    func text(hasColour: Bool) -> String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String], _ style: (String) -> String) -> String {
            var line = ""
            for (column, cell) in cells.enumerated() {
                line += style(cell)
                if column < cells.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            return line
        }
        let head = line(header) { hasColour ? Colour.bold.on($0) : $0 }
        let body = rows.map { row in line(row) { hasColour ? Colour.ofWord($0)?.on($0) ?? $0 : $0 } }
        return ([head] + body).joined(separator: "\n")
    }
}

extension Output {
    /// Writes the table, or a sentence where it has no rows.
    func write(_ table: Table, whenEmpty sentence: String) {
        write(table.rows.isEmpty ? sentence : table.text(hasColour: hasColour))
    }
}

import CLibpq

/// Owns one `PGresult`. What it holds is copied out before it is freed.
final class LibPQResult {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    /// True for COPY, which we never start: libpq would give such a result again and again.
    var isCopy: Bool {
        let status = PQresultStatus(pointer)
        return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH
    }

    /// True for the end of a round trip.
    var isPipelineEnd: Bool { PQresultStatus(pointer) == PGRES_PIPELINE_SYNC }

    /// True for a failure that the server did not tell of.
    var isOfLibrary: Bool { PQresultStatus(pointer) == PGRES_FATAL_ERROR && field(Int32(UInt8(ascii: "C"))) == nil }

    /// What the server complains about, nil for success.
    var failure: ServerFailure? {
        switch PQresultStatus(pointer) {
        // Aborted: the statement before it is the one that failed.
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY, PGRES_PIPELINE_SYNC, PGRES_PIPELINE_ABORTED: nil
        default:
            ServerFailure(
                sqlState: field(Int32(UInt8(ascii: "C"))) ?? "", severity: field(Int32(UInt8(ascii: "V"))) ?? "",
                primary: field(Int32(UInt8(ascii: "M"))) ?? "no message", constraint: field(Int32(UInt8(ascii: "n"))))
        }
    }

    /// The command tag without its count, `COMMIT`.
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }

    /// Types of a described statement's parameters.
    var parameterTypes: [UInt32] { (0..<PQnparams(pointer)).map { PQparamtype(pointer, $0) } }

    /// All rows, copied.
    func rows(of statement: PostgresStatement) -> Rows {
        let columnCount = PQnfields(pointer)
        let rowCount = PQntuples(pointer)
        let columns = (0..<columnCount).map { String(cString: PQfname(pointer, $0)) }
        var bytes: [UInt8] = []
        var cells: [Range<Int>] = []
        cells.reserveCapacity(Int(rowCount) * Int(columnCount))
        for row in 0..<rowCount {
            for column in 0..<columnCount { cells.append(append(row, column, to: &bytes)) }
        }
        return Rows(
            table: ResultTable(
                columns: columns, rowCount: Int(rowCount), affected: Int(String(cString: PQcmdTuples(pointer))) ?? 0,
                commandTag: commandTag, statement: statement.sql, bytes: bytes, cells: cells))
    }

    private func append(_ row: Int32, _ column: Int32, to bytes: inout [UInt8]) -> Range<Int> {
        guard PQgetisnull(pointer, row, column) == 0, let value = PQgetvalue(pointer, row, column) else { return ResultTable.null }
        let start = bytes.count
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(pointer, row, column))))
        return start..<bytes.count
    }

    /// `PG_DIAG_…` of postgres_ext.h: `C` SQLSTATE, `V` severity, `M` primary message, `n` constraint.
    private func field(_ code: Int32) -> String? {
        PQresultErrorField(pointer, code).map { String(cString: $0) }
    }
}

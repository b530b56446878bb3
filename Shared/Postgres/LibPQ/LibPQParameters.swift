/// A statement's parameters as libpq takes them: one buffer for all, and where each begins.
struct LibPQParameters {
    private static let textFormat: Int32 = 0
    private static let binaryFormat: Int32 = 1

    private var writer = WireWriter()
    /// nil for NULL.
    private var starts: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// - Parameter types: of the parameters, where the server has told them; arrays go as text otherwise.
    /// - Throws: code `encoding` for a text with U+0000.
    init(_ statement: PostgresStatement, types: [UInt32]) throws(PostgresError) {
        for (index, parameter) in statement.parameters.enumerated() {
            let start = writer.bytes.count
            let isText: Bool
            switch parameter {
            case .null:
                addNull()
                continue
            case .text(let text):
                isText = true
                add(text: text)
            case .array(let array):
                isText = array.isText
                add(array, as: index < types.count ? types[index] : nil)
            }
            if isText, holdsNull(parameter, from: start) { throw .nulCharacter(parameter: index + 1, statementName: statement.name) }
        }
    }

    var byteCount: Int { writer.bytes.count }

    private mutating func addNull() {
        starts.append(nil)
        lengths.append(0)
        formats.append(Self.textFormat)
    }

    private mutating func add(text: String) {
        begin(Self.textFormat)
        writer.add(text)
        end()
        // libpq reads text up to a null character.
        writer.add(byte: 0)
    }

    private mutating func add(_ array: PostgresArray, as type: UInt32?) {
        guard let type, let binary = BinaryArray(array, as: type) else { return add(text: array.literal) }
        begin(Self.binaryFormat)
        binary.write(to: &writer)
        end()
    }

    private mutating func begin(_ format: Int32) {
        starts.append(writer.bytes.count)
        formats.append(format)
    }

    private mutating func end() {
        lengths.append(Int32(clamping: writer.bytes.count - (starts[starts.count - 1] ?? 0)))
    }

    /// As C strings texts would be cut off at a null character; in binary the server would refuse them without telling which.
    private func holdsNull(_ parameter: PostgresValue, from start: Int) -> Bool {
        guard case .array(let array) = parameter, formats.last == Self.binaryFormat else {
            return writer.bytes[start..<(writer.bytes.count - 1)].contains(0)
        }
        return array.holdsNull
    }

    func withPointers<R>(
        _ body: (_ count: Int32, _ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> R
    ) -> R {
        writer.bytes.withUnsafeBytes { buffer in
            let values = starts.map { start in
                // Where nothing but empty arrays was written there is no buffer; libpq takes a null pointer for NULL.
                start.flatMap { buffer.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            return body(Int32(clamping: values.count), values, lengths, formats)
        }
    }
}

extension PostgresStatement {
    /// How many bytes its parameters take when they are bound as these types (object identifiers of PostgreSQL); for measurements.
    /// - Throws: ``PostgresError`` with code `encoding`.
    package func wireBytes(as types: [UInt32]) throws -> Int {
        try LibPQParameters(self, types: types).byteCount
    }
}

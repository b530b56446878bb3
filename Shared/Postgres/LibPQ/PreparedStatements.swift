/// The statements that a session knows, by the address of their text: a text of some hundred bytes is neither copied nor hashed to
/// find one.
struct PreparedStatements {
    struct Entry {
        let name: String
        /// Of the parameters; empty until the server has told them.
        var types: [UInt32] = []
    }

    private struct Key: Hashable {
        let start: UInt
        let count: Int

        init(_ sql: StaticString) {
            start = UInt(bitPattern: sql.utf8Start)
            count = sql.utf8CodeUnitCount
        }
    }

    private var entries: [Key: Entry] = [:]

    subscript(sql: StaticString) -> Entry? { entries[Key(sql)] }

    /// A name that is free.
    mutating func add(_ sql: StaticString) -> Entry {
        let entry = Entry(name: "tocsin_\(entries.count + 1)")
        entries[Key(sql)] = entry
        return entry
    }

    mutating func note(_ sql: StaticString, as name: String) { entries[Key(sql)] = Entry(name: name) }

    mutating func note(types: [UInt32], of sql: StaticString) { entries[Key(sql)]?.types = types }
}

package import JSON

/// A record that does not have the shape its topic promises. Ours or a stranger's: it goes to the dead letters.
package struct RecordError: Error, Sendable, Hashable, CustomStringConvertible {
    /// JSON path of the field, `incident.severity`.
    package let path: String
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }
}

/// Typed access to the fields of one JSON object. Unknown fields are left alone.
package struct RecordReader: Sendable {
    let node: JSONNode

    package init(_ bytes: [UInt8]) throws(RecordError) {
        let document: JSONDocument
        do { document = try JSONDocument.parse(bytes, limits: .internal) } catch {
            throw RecordError(path: error.path, reason: error.message)
        }
        try self.init(document.root)
    }

    package init(_ node: JSONNode) throws(RecordError) {
        guard node.kind == .object else { throw RecordError(path: node.path, reason: "is not an object") }
        self.node = node
    }

    private func path(_ key: String) -> String { node.path.isEmpty ? key : "\(node.path).\(key)" }

    /// The field, unless it is absent or null.
    private func present(_ key: String) -> JSONNode? {
        guard let field = node[key], !field.isNull else { return nil }
        return field
    }

    private func missing(_ key: String) -> RecordError { RecordError(path: path(key), reason: "is missing") }

    package func string(_ key: String) throws(RecordError) -> String {
        guard let text = try optionalString(key) else { throw missing(key) }
        return text
    }

    package func optionalString(_ key: String) throws(RecordError) -> String? {
        guard let field = present(key) else { return nil }
        guard let text = field.string else { throw RecordError(path: path(key), reason: "is not a string") }
        return text
    }

    package func int(_ key: String) throws(RecordError) -> Int64 {
        guard let field = present(key) else { throw missing(key) }
        guard let number = field.int else { throw RecordError(path: path(key), reason: "is not a whole number") }
        return number
    }

    /// `fallback` when the field is absent.
    package func int(_ key: String, default fallback: Int64) throws(RecordError) -> Int64 {
        present(key) == nil ? fallback : try int(key)
    }

    package func identifier<Subject>(_ key: String) throws(RecordError) -> Identifier<Subject> {
        guard let id = Identifier<Subject>(try string(key)) else { throw RecordError(path: path(key), reason: "is not a UUID") }
        return id
    }

    package func timestamp(_ key: String) throws(RecordError) -> Timestamp {
        guard let time = try optionalTimestamp(key) else { throw missing(key) }
        return time
    }

    package func optionalTimestamp(_ key: String) throws(RecordError) -> Timestamp? {
        guard let text = try optionalString(key) else { return nil }
        guard let time = Timestamp(rfc3339: text) else { throw RecordError(path: path(key), reason: "is not an RFC 3339 time") }
        return time
    }

    package func choice<Choice: RawRepresentable<String>>(_ key: String) throws(RecordError) -> Choice {
        let text = try string(key)
        guard let choice = Choice(rawValue: text) else { throw RecordError(path: path(key), reason: "has no known value") }
        return choice
    }

    package func optionalChoice<Choice: RawRepresentable<String>>(_ key: String) throws(RecordError) -> Choice? {
        present(key) == nil ? nil : try choice(key)
    }

    /// Names to strings; empty when absent.
    package func map(_ key: String) throws(RecordError) -> [String: String] {
        guard let field = present(key) else { return [:] }
        return try RecordReader(field).wholeMap()
    }

    /// The whole object as names to strings.
    package func wholeMap() throws(RecordError) -> [String: String] {
        var map: [String: String] = [:]
        for member in node.members {
            guard let text = member.value.string else { throw RecordError(path: member.value.path, reason: "is not a string") }
            map[member.key] = text
        }
        return map
    }

    /// Empty when absent.
    package func strings(_ key: String) throws(RecordError) -> [String] {
        guard let field = present(key) else { return [] }
        guard field.kind == .array else { throw RecordError(path: path(key), reason: "is not an array") }
        var strings: [String] = []
        for element in field.elements {
            guard let text = element.string else { throw RecordError(path: element.path, reason: "is not a string") }
            strings.append(text)
        }
        return strings
    }

    package func object(_ key: String) throws(RecordError) -> RecordReader {
        guard let field = present(key) else { throw missing(key) }
        return try RecordReader(field)
    }

    package func optionalObject(_ key: String) throws(RecordError) -> RecordReader? {
        guard let field = present(key) else { return nil }
        return try RecordReader(field)
    }
}

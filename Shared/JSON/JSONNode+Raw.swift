extension JSONNode {
    /// The value as compact JSON: no white space, keys in their order, strings escaped as `JSONWriter` does. A number
    /// keeps its value but not its spelling (`1e2` becomes `100.0`).
    package func raw() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}

extension JSONWriter {
    /// Copies a value of a parsed document.
    package mutating func value(_ node: JSONNode) {
        switch node.kind {
        case .null: null()
        case .bool: value(node.bool ?? false)
        case .int: value(node.int ?? 0)
        case .double: value(node.double ?? 0)
        case .string: _ = node.withStringBytes { string($0) }
        case .array: array { writer in node.elements.forEach { writer.value($0) } }
        case .object: object { writer in writer.members(of: node) }
        }
    }

    private mutating func members(of object: JSONNode) {
        for member in object.members {
            key(member.key)
            value(member.value)
        }
    }
}

/// Key and value in one call. An optional that is `nil` writes nothing.
extension JSONWriter {
    package mutating func field(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        value(text)
    }

    package mutating func field(_ name: String, _ number: Int?) {
        guard let number else { return }
        key(name)
        value(number)
    }

    package mutating func field(_ name: String, _ number: Int64?) {
        guard let number else { return }
        key(name)
        value(number)
    }

    package mutating func field(_ name: String, _ number: Double?) {
        guard let number else { return }
        key(name)
        value(number)
    }

    package mutating func field(_ name: String, _ truth: Bool?) {
        guard let truth else { return }
        key(name)
        value(truth)
    }

    package mutating func field(_ name: String, strings: [String]) {
        key(name)
        array { writer in strings.forEach { writer.value($0) } }
    }

    /// An object of strings in the order given.
    package mutating func field(_ name: String, map pairs: [(String, String)]) {
        key(name)
        object { writer in pairs.forEach { writer.field($0.0, $0.1) } }
    }

    /// An object of strings, keys in the order of their UTF-8 bytes.
    package mutating func field(_ name: String, map: [String: String]) {
        let pairs = map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        field(name, map: pairs.map { ($0.key, $0.value) })
    }
}

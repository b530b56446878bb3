/// What alerts of one incident have in common, `service=checkout`. At most one open incident a team has it.
package struct GroupingKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Longer keys are cut and end in a hash, so that a key always fits an index row.
    package static let maxBytes = 512
    package let text: String

    package init(_ text: String) {
        if text.utf8.count <= GroupingKey.maxBytes {
            self.text = text
        } else {
            var hash = FNV1a()
            hash.combine(text)
            var head = ""
            var bytes = 0
            for character in text {
                bytes += character.utf8.count
                if bytes > GroupingKey.maxBytes - 17 { break }
                head.append(character)
            }
            self.text = "\(head)#\(hash.hex)"
        }
    }

    package var description: String { text }
    package static func < (left: GroupingKey, right: GroupingKey) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

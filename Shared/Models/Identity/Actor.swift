/// Who did a thing: `system:alert-grouper`, `key:ops-cli`, `person:ada@example.com`.
package struct Actor: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// Tocsin itself, by service name.
        case system
        /// An API key, by its name.
        case key
        /// A person, by mail address or chat handle.
        case person
    }

    package var kind: Kind
    package var name: String

    package init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    package static func system(_ service: String) -> Actor { Actor(kind: .system, name: service) }

    /// nil when the text has no known kind before its first colon, or no name after it.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), let kind = Kind(rawValue: String(text[..<colon])) else { return nil }
        let name = String(text[text.index(after: colon)...])
        guard !name.isEmpty else { return nil }
        self.init(kind: kind, name: name)
    }

    package var description: String { "\(kind.rawValue):\(name)" }
}

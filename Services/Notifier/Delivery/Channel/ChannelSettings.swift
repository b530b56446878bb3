import JSON

/// Typed access to a channel's settings, one JSON object. Notes every fault instead of stopping at the first.
package struct ChannelSettings {
    /// A setting longer than this is a mistake.
    static let maxTextBytes = 2048
    static let maxListElements = 50

    private let root: JSONNode
    private(set) var faults: [FieldFault] = []

    package init(_ config: [UInt8]) throws(ChannelConfigError) {
        do { root = try JSONDocument.parse(config).root } catch { throw .whole("the settings are not JSON: \(error.message)") }
        guard root.kind == .object else { throw .whole("the settings are not a JSON object") }
    }

    package mutating func fault(_ field: ChannelField, _ reason: String) {
        faults.append(FieldFault(field: field.name, reason: reason))
    }

    /// Notes settings that the channel does not have: a misspelt name must not be silent.
    mutating func refuseUnknown(besides fields: [ChannelField]) {
        let known = fields.map(\.name)
        for member in root.members where !known.contains(member.key) {
            faults.append(
                FieldFault(
                    field: String(member.key.prefix(60)), reason: "is not a setting of this channel (\(known.joined(separator: ", ")))"))
        }
    }

    private func present(_ field: ChannelField) -> JSONNode? {
        guard let node = root[field.name], !node.isNull else { return nil }
        return node
    }

    package mutating func optionalText(_ field: ChannelField) -> String? {
        guard let node = present(field) else {
            if field.isRequired { fault(field, "is missing") }
            return field.defaultText
        }
        guard let text = node.string else {
            fault(field, "is not a string")
            return nil
        }
        return checked(text, field)
    }

    /// Empty after a fault.
    package mutating func text(_ field: ChannelField) -> String { optionalText(field) ?? "" }

    private mutating func checked(_ text: String, _ field: ChannelField) -> String? {
        if text.isEmpty { fault(field, "is empty") }
        if text.utf8.count > Self.maxTextBytes { fault(field, "is longer than \(Self.maxTextBytes) bytes") }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) { fault(field, "holds a control character") }
        return text
    }

    /// Accepts a number or its text.
    package mutating func integer(_ field: ChannelField) -> Int {
        guard case .integer(let range) = field.kind else { return 0 }
        let fallback = field.defaultText.flatMap { Int($0) } ?? range.lowerBound
        guard let node = present(field) else {
            if field.isRequired { fault(field, "is missing") }
            return fallback
        }
        guard let value = node.int.map({ Int($0) }) ?? node.string.flatMap({ Int($0) }), range.contains(value) else {
            fault(field, "is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return value
    }

    package mutating func flag(_ field: ChannelField) -> Bool {
        let fallback = field.defaultText == "true"
        guard let node = present(field) else { return fallback }
        if let value = node.bool { return value }
        switch node.string {
        case "true": return true
        case "false": return false
        default:
            fault(field, "is neither true nor false")
            return fallback
        }
    }

    package mutating func list(_ field: ChannelField) -> [String] {
        guard let node = present(field) else {
            if field.isRequired { fault(field, "is missing") }
            return []
        }
        let texts = node.string.map { [$0] } ?? (node.kind == .array ? node.elements.map { $0.string ?? "" } : [])
        if texts.isEmpty || texts.contains("") { fault(field, "is neither a string nor a list of strings") }
        if texts.count > Self.maxListElements { fault(field, "has more than \(Self.maxListElements) elements") }
        return texts.compactMap { checked($0, field) }
    }

    /// nil after a fault.
    package mutating func choice<Choice: RawRepresentable<String>>(_ field: ChannelField, as type: Choice.Type = Choice.self) -> Choice? {
        let text = text(field)
        if let choice = Choice(rawValue: text) { return choice }
        if case .choice(let words) = field.kind { fault(field, "is none of \(words.joined(separator: ", "))") }
        return nil
    }

    /// An absolute http or https URL without a trailing slash. Whether its address may be reached is decided when it is used.
    package mutating func url(_ field: ChannelField) -> String {
        let text = text(field)
        guard !text.isEmpty else { return "" }
        if let reason = WebAddress.fault(in: text) { fault(field, reason) }
        return WebAddress.trimmed(text)
    }
}

/// Syntax of the URLs that channels are given.
package enum WebAddress {
    /// Why the text is no absolute http or https URL; nil when it is one.
    package static func fault(in text: String) -> String? {
        let lower = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }) else { return "is not an http or https URL" }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.hasPrefix(":") else { return "has no host" }
        guard !authority.contains("@") else { return "holds a user name: put credentials into their own settings" }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }) else {
            return "holds a character that no URL has"
        }
        return nil
    }

    package static func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}

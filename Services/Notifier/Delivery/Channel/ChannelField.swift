/// Describes one setting of a channel: for `tocsin channels add`, its documentation and the masking of secrets.
package struct ChannelField: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case text
        case integer(ClosedRange<Int>)
        case flag
        /// Several texts; one text stands for a list of one.
        case list
        case choice([String])
    }

    package let name: String
    package let kind: Kind
    package let isRequired: Bool
    package let isSecret: Bool
    /// As it would be written; nil when there is none.
    package let defaultText: String?
    package let meaning: String

    package init(
        _ name: String, kind: Kind = .text, required: Bool = false, secret: Bool = false, default defaultText: String? = nil,
        _ meaning: String
    ) {
        self.name = name
        self.kind = kind
        self.isRequired = required
        self.isSecret = secret
        self.defaultText = defaultText
        self.meaning = meaning
    }
}

/// What is wrong with one setting. Never holds the value.
package struct FieldFault: Sendable, Hashable, CustomStringConvertible {
    package let field: String
    package let reason: String

    package var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}

/// A channel's settings cannot be used; all faults at once.
package struct ChannelConfigError: Error, Sendable, Hashable, CustomStringConvertible {
    package let faults: [FieldFault]

    package var description: String { faults.map(\.description).joined(separator: "; ") }

    static func whole(_ reason: String) -> ChannelConfigError { ChannelConfigError(faults: [FieldFault(field: "", reason: reason)]) }
}

package import FoundationEssentials

/// A UUID that knows what it names, so that a team id cannot stand where an incident id is meant. Text form: lower case with dashes.
package struct Identifier<Subject>: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let uuid: UUID

    package init(_ uuid: UUID) { self.uuid = uuid }

    /// nil when the text is no UUID.
    package init?(_ text: String) {
        guard let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    /// A new random id (version 4).
    package static func random() -> Identifier { Identifier(UUID()) }

    package var description: String { uuid.uuidString.lowercased() }

    package static func < (left: Identifier, right: Identifier) -> Bool { left.uuid < right.uuid }
}

package enum TeamSubject {}
package enum IncidentSubject {}
package enum ChannelSubject {}
package enum DeliverySubject {}
package enum KeySubject {}
package enum DocumentSubject {}

package typealias TeamID = Identifier<TeamSubject>
package typealias IncidentID = Identifier<IncidentSubject>
package typealias ChannelID = Identifier<ChannelSubject>
package typealias DeliveryID = Identifier<DeliverySubject>
package typealias KeyID = Identifier<KeySubject>
package typealias DocumentID = Identifier<DocumentSubject>

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

    package var description: String {
        withUnsafeBytes(of: uuid.uuid) { bytes in
            String(unsafeUninitializedCapacity: 36) { text in
                var place = 0
                for (number, byte) in bytes.enumerated() {
                    if number == 4 || number == 6 || number == 8 || number == 10 {
                        text[place] = UInt8(ascii: "-")
                        place += 1
                    }
                    text[place] = Self.digit(byte >> 4)
                    text[place + 1] = Self.digit(byte & 15)
                    place += 2
                }
                return place
            }
        }
    }

    private static func digit(_ number: UInt8) -> UInt8 { number < 10 ? 0x30 + number : 0x57 + number }

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

/// A text that must not be seen: it never prints itself, not in a dump either.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { Redaction.mask }
    package var debugDescription: String { Redaction.mask }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

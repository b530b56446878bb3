/// Why bytes were refused as JSON. Always the sender's fault, except `outOfMemory`; trying again does not help.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable, CaseIterable {
        /// Not JSON: a misplaced byte, a bad escape, an unclosed string, a byte order mark.
        case syntax
        /// Something follows the document.
        case trailing
        /// No bytes, or only white space.
        case empty
        case depth
        case stringTooLong
        case tooManyKeys
        case tooManyElements
        case duplicateKey
        /// Malformed, a whole number outside -2^63...2^64-1, or too large for a Double.
        case number
        /// Bytes that are not UTF-8, or the escape of half a surrogate pair.
        case utf8
        /// U+0000 in a string.
        case nul
        /// Over 2 GiB.
        case tooLarge
        case outOfMemory
    }

    package let reason: Reason
    /// Where in the document, `alerts[3].labels.severity`; empty for the root and where the document cannot be read so far.
    package let path: String
    /// Byte of the input at which reading stopped, where known.
    package let offset: Int?

    package init(reason: Reason, path: String = "", offset: Int? = nil) {
        self.reason = reason
        self.path = path
        self.offset = offset
    }

    /// One sentence for the person who sent the document; without its content.
    package var message: String {
        switch reason {
        case .syntax: "is not JSON"
        case .trailing: "has something after the end of the JSON document"
        case .empty: "is empty"
        case .depth: "is nested too deeply"
        case .stringTooLong: "is too long"
        case .tooManyKeys: "has too many keys"
        case .tooManyElements: "has too many elements"
        case .duplicateKey: "is there twice"
        case .number: "has a number that is malformed or out of range"
        case .utf8: "is not valid UTF-8"
        case .nul: "has the character U+0000"
        case .tooLarge: "is too large"
        case .outOfMemory: "could not be read, memory ran out"
        }
    }

    package var description: String {
        let place = path.isEmpty ? "document" : path
        return offset.map { "\(place) \(message) (byte \($0))" } ?? "\(place) \(message)"
    }
}

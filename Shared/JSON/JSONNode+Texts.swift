import CSimdjson

/// One member of an object whose value is a string; the bytes are lent.
package struct JSONTextMember {
    package let name: UnsafeBufferPointer<UInt8>
    package let value: UnsafeBufferPointer<UInt8>
}

extension JSONNode {
    /// Lends the members of an object whose values are all strings, in the order written, without copying them; the order may be changed.
    /// The pointers end with the call.
    /// - Returns: false, and nothing was lent, when this is no object or some value is no string.
    package func lendTextMembers(_ body: (UnsafeMutableBufferPointer<JSONTextMember>) -> Void) -> Bool {
        guard storage.kind(index) == CSIMDJSON_OBJECT else { return false }
        return withExtendedLifetime(storage) {
            withUnsafeTemporaryAllocation(of: JSONTextMember.self, capacity: count) { members in
                var at = index + 1
                for place in members.indices {
                    guard storage.kind(at + 1) == CSIMDJSON_STRING else { return false }
                    members.initializeElement(at: place, to: JSONTextMember(name: storage.bytes(at), value: storage.bytes(at + 1)))
                    at += 2
                }
                body(members)
                return true
            }
        }
    }

    /// Lends the UTF-8 of a string without copying; the pointer ends with the call.
    /// - Returns: false, and nothing was lent, when this is no string.
    package func lendText(_ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        guard storage.kind(index) == CSIMDJSON_STRING else { return false }
        withExtendedLifetime(storage) { body(storage.bytes(index)) }
        return true
    }
}

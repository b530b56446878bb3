import CSimdjson

/// One value of a document. Copying it is cheap; it keeps the document's memory alive.
package struct JSONNode: Sendable {
    package enum Kind: Sendable, Hashable, CaseIterable {
        case null, bool, int, double, string, array, object
    }

    let storage: JSONStorage
    let index: Int

    package var kind: Kind {
        switch storage.kind(index) {
        case CSIMDJSON_BOOL: .bool
        case CSIMDJSON_INT: .int
        case CSIMDJSON_DOUBLE: .double
        case CSIMDJSON_STRING: .string
        case CSIMDJSON_ARRAY: .array
        case CSIMDJSON_OBJECT: .object
        default: .null
        }
    }

    private func isKind(_ kind: Int) -> Bool { storage.kind(index) == kind }

    package var isNull: Bool { isKind(CSIMDJSON_NULL) }

    /// `nil` if this is not a boolean.
    package var bool: Bool? { isKind(CSIMDJSON_BOOL) ? storage.value(index) != 0 : nil }

    /// A number without a fraction: `3`, and also `3.0` and `3e2` up to 2^53. Whole numbers above Int64.max are of
    /// kind `double`, so they are `nil` here.
    package var int: Int64? {
        if isKind(CSIMDJSON_INT) { return Int64(bitPattern: storage.value(index)) }
        guard isKind(CSIMDJSON_DOUBLE) else { return nil }
        let number = Double(bitPattern: storage.value(index))
        return number.magnitude <= 0x1p53 ? Int64(exactly: number) : nil
    }

    /// Any number, rounded to the nearest Double. Never infinite or NaN.
    package var double: Double? {
        if isKind(CSIMDJSON_DOUBLE) { return Double(bitPattern: storage.value(index)) }
        return isKind(CSIMDJSON_INT) ? Double(Int64(bitPattern: storage.value(index))) : nil
    }

    /// `nil` if this is not a string.
    package var string: String? { isKind(CSIMDJSON_STRING) ? storage.text(index) : nil }

    /// Lends the UTF-8 of a string without copying; `nil` if this is not a string. The pointer ends with the call.
    package func withStringBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result? {
        guard isKind(CSIMDJSON_STRING) else { return nil }
        return try withExtendedLifetime(storage) { try body(storage.bytes(index)) }
    }

    /// Elements of an array or members of an object; 0 for everything else.
    package var count: Int { isKind(CSIMDJSON_ARRAY) || isKind(CSIMDJSON_OBJECT) ? Int(storage.value(index)) : 0 }

    /// The member with exactly these bytes as its key; `nil` if there is none or this is no object. Looks at each key.
    package subscript(key: String) -> JSONNode? {
        guard isKind(CSIMDJSON_OBJECT) else { return nil }
        return storage.value(of: key, in: index).map { JSONNode(storage: storage, index: $0) }
    }

    /// The element at a position from 0; `nil` if there is none or this is no array. Walks there: loop over `elements`.
    package subscript(position: Int) -> JSONNode? {
        guard position >= 0, position < elements.count else { return nil }
        return elements.dropFirst(position).first { _ in true }
    }

    /// Place in the document, `alerts[3].labels.severity`; empty for the root. Found by walking: for errors only.
    package var path: String { storage.path(of: index) }
}

import CSimdjson

extension JSONNode {
    /// The elements of an array in order; empty for everything else.
    package var elements: JSONElements {
        JSONElements(storage: storage, array: storage.kind(index) == CSIMDJSON_ARRAY ? index : nil)
    }

    /// The members of an object in the order written; empty for everything else. No key is there twice, comparing
    /// bytes; two keys may still be equal as Swift strings (é composed and decomposed), so never build a dictionary
    /// with `uniqueKeysWithValues`.
    package var members: JSONMembers {
        JSONMembers(storage: storage, object: storage.kind(index) == CSIMDJSON_OBJECT ? index : nil)
    }
}

package struct JSONElements: Sequence, Sendable {
    let storage: JSONStorage
    let array: Int?

    package var count: Int { array.map { Int(storage.value($0)) } ?? 0 }
    package var underestimatedCount: Int { count }
    package var isEmpty: Bool { count == 0 }

    package func makeIterator() -> Iterator {
        Iterator(storage: storage, at: array.map { $0 + 1 } ?? 0, end: array.map(storage.next) ?? 0)
    }

    package struct Iterator: IteratorProtocol {
        let storage: JSONStorage
        var at: Int
        let end: Int

        package mutating func next() -> JSONNode? {
            guard at < end else { return nil }
            defer { at = storage.next(at) }
            return JSONNode(storage: storage, index: at)
        }
    }
}

package struct JSONMembers: Sequence, Sendable {
    let storage: JSONStorage
    let object: Int?

    package var count: Int { object.map { Int(storage.value($0)) } ?? 0 }
    package var underestimatedCount: Int { count }
    package var isEmpty: Bool { count == 0 }

    package func makeIterator() -> Iterator {
        Iterator(storage: storage, at: object.map { $0 + 1 } ?? 0, end: object.map(storage.next) ?? 0)
    }

    package struct Iterator: IteratorProtocol {
        let storage: JSONStorage
        var at: Int
        let end: Int

        package mutating func next() -> (key: String, value: JSONNode)? {
            guard at < end else { return nil }
            defer { at = storage.next(at + 1) }
            return (storage.text(at), JSONNode(storage: storage, index: at + 1))
        }
    }
}

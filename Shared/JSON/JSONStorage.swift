import CSimdjson
import Glibc

/// Owner of the block that `csimdjson_parse` answered: nodes in document order, a member being its key and then its value.
/// Every index given to it must be that of a node.
///
/// `@unchecked Sendable`: the block is only read after `init`, and freed when the last reference is gone.
final class JSONStorage: @unchecked Sendable {
    private let result: csimdjson_result

    /// Takes over the memory of `result`.
    init(_ result: csimdjson_result) {
        self.result = result
    }

    deinit { csimdjson_free(result.nodes) }

    private func node(_ index: Int) -> csimdjson_node {
        precondition(index < result.node_count, "not a node of this document")
        return result.nodes[index]
    }

    func kind(_ index: Int) -> Int { Int(node(index).kind) }

    /// Truth, number bits or number of children.
    func value(_ index: Int) -> UInt64 { node(index).value }

    /// Index after the node and everything in it.
    func next(_ index: Int) -> Int { Int(node(index).next) }

    /// The bytes of a string or key; valid while the storage is.
    func bytes(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let value = node(index).value
        return UnsafeBufferPointer(start: result.strings + Int(value >> 32), count: Int(value & 0xFFFF_FFFF))
    }

    func text(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

    /// Value of the member named by the bytes of `key`, by looking at each key.
    func value(of key: String, in object: Int) -> Int? {
        var key = key
        return key.withUTF8 { wanted in
            var member = object + 1
            let end = next(object)
            while member < end {
                let name = bytes(member)
                if Self.isEqual(name, wanted) { return member + 1 }
                member = next(member + 1)
            }
            return nil
        }
    }

    private static func isEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard let left = left.baseAddress, let other = right.baseAddress else { return true }
        return memcmp(left, other, right.count) == 0
    }
}

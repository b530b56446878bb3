import CSimdjson

extension JSONStorage {
    /// Bytes of one key that a path shows: paths go to logs and people.
    private static let shownKeyBytes = 64

    /// Path of a value, or of the member that a key begins, `alerts[3].labels.severity`; empty for the root.
    /// Found by descending from the root; cost is linear in the siblings on the way.
    func path(of target: Int) -> String {
        var path = ""
        var container = 0
        while container != target {
            container =
                kind(container) == CSIMDJSON_OBJECT
                ? descend(object: container, to: target, &path) : descend(array: container, to: target, &path)
        }
        return path
    }

    private func descend(object: Int, to target: Int, _ path: inout String) -> Int {
        var key = object + 1
        // A document that was refused at a key has no value behind that key, so the key is compared first.
        while key != target, next(key + 1) <= target { key = next(key + 1) }
        if !path.isEmpty { path += "." }
        path += shown(key)
        return key == target ? target : key + 1
    }

    private func descend(array: Int, to target: Int, _ path: inout String) -> Int {
        var element = array + 1
        var position = 0
        while next(element) <= target {
            element = next(element)
            position += 1
        }
        path += "[\(position)]"
        return element
    }

    private func shown(_ key: Int) -> String {
        let name = bytes(key)
        guard name.count > Self.shownKeyBytes else { return String(decoding: name, as: UTF8.self) }
        return String(decoding: name.prefix(Self.shownKeyBytes), as: UTF8.self) + "…"
    }
}

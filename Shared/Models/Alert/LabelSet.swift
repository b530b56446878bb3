package import JSON

/// Label or annotation names and values as UTF-8 in one block, names in byte order: what alerts on their way through the gateway need,
/// where a dictionary would make a text of each name and value.
package struct LabelSet: Sendable, Hashable {
    /// Names and values one behind the other.
    fileprivate private(set) var bytes: [UInt8] = []
    /// Where they end: name, value, name, value.
    fileprivate private(set) var ends: [UInt32] = []

    package init() {}

    package init(_ labels: Labels) {
        for (name, value) in labels.sortedPairs {
            append(name.utf8)
            append(value.utf8)
        }
    }

    /// - Parameter members: of which no two have the same name; brought into order here.
    package init(_ members: UnsafeMutableBufferPointer<JSONTextMember>) {
        LabelSet.sort(members)
        bytes.reserveCapacity(members.reduce(0) { $0 + $1.name.count + $1.value.count })
        ends.reserveCapacity(2 * members.count)
        for member in members {
            append(member.name)
            append(member.value)
        }
    }

    private mutating func append(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
        ends.append(UInt32(bytes.count))
    }

    package var count: Int { ends.count / 2 }

    package var isEmpty: Bool { ends.isEmpty }

    /// UTF-8 bytes of all names and values.
    var byteCount: Int { bytes.count }

    /// Lends all names and values, one behind the other.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result { bytes.withUnsafeBufferPointer(body) }

    /// Lends each name and value, in order of the names.
    func forEachSlice(_ body: (_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            for place in 0..<count {
                let (middle, end) = (Int(ends[2 * place]), Int(ends[2 * place + 1]))
                body(UnsafeBufferPointer(rebasing: bytes[start..<middle]), UnsafeBufferPointer(rebasing: bytes[middle..<end]))
                start = end
            }
        }
    }

    /// Insertion: most senders have them in order, and they are few.
    private static func sort(_ members: UnsafeMutableBufferPointer<JSONTextMember>) {
        for place in members.indices.dropFirst() {
            let member = members[place]
            var at = place
            while at > 0, precedes(member.name, members[at - 1].name) {
                members[at] = members[at - 1]
                at -= 1
            }
            members[at] = member
        }
    }

    private static func precedes(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        for place in 0..<Swift.min(left.count, right.count) where left[place] != right[place] { return left[place] < right[place] }
        return left.count < right.count
    }
}

extension LabelSet {
    /// The value of the label with exactly these bytes as its name.
    package subscript(name: String) -> String? {
        var name = name
        return name.withUTF8 { wanted in
            var found: String?
            forEachSlice { name, value in
                if name.count == wanted.count, name.elementsEqual(wanted) { found = String(decoding: value, as: UTF8.self) }
            }
            return found
        }
    }
}

extension LabelSet: Sequence, ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) { self.init(Labels(elements) { first, _ in first }) }

    /// Names and values as texts, in order of the names.
    package func makeIterator() -> some IteratorProtocol<(key: String, value: String)> {
        var pairs: [(key: String, value: String)] = []
        forEachSlice { pairs.append((String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self))) }
        return pairs.makeIterator()
    }
}

extension Labels {
    package init(_ set: LabelSet) { self.init(set.map { ($0.key, $0.value) }) { first, _ in first } }
}

extension Fingerprint {
    /// As of a dictionary with the same labels.
    package init(labels: LabelSet) {
        var hash = FNV1a()
        labels.forEachSlice { name, value in
            hash.combine(name)
            hash.combine(byte: 0xFF)
            hash.combine(value)
            hash.combine(byte: 0xFF)
        }
        self.init(hash.hex)
    }
}

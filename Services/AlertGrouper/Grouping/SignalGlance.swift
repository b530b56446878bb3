package import Models

/// What can be told of a firing signal's record without decoding it: when it was received, how long it holds, and a digest of all the rest.
///
/// A repeat differs from the record before in its times and its trace only. So a record with the digest of one that was decoded, found
/// fit and committed says the same, and need not be decoded to know what.
package struct SignalGlance: Sendable, Hashable {
    /// Of every byte but `expiresAt`, `receivedAt` and `traceparent`; seeded anew in each process, so that nobody can aim at it.
    package let content: UInt64
    package let expiresAt: Timestamp?
    package let receivedAt: Timestamp

    /// nil for a record that is not laid out as `Signal.encode` writes a firing one. That means nothing but that it must be decoded.
    package init?(_ record: [UInt8]) {
        guard let glance = record.withUnsafeBufferPointer({ SignalGlanceReader($0).read() }) else { return nil }
        self = glance
    }

    init(content: UInt64, expiresAt: Timestamp?, receivedAt: Timestamp) {
        self.content = content
        self.expiresAt = expiresAt
        self.receivedAt = receivedAt
    }
}

/// Walks from both ends of a record towards the middle, which stays unread: its bytes go into the digest.
///
/// The split cannot be deceived by a text that looks like a field, given that the record with this digest was valid JSON: an unescaped
/// quote ends a text, and what follows the last closed brace belongs to the outermost object.
private struct SignalGlanceReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var start = 0
    private var end: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        end = bytes.count
    }

    consuming func read() -> SignalGlance? {
        guard take("{\"teamId\":\""), takeText() != nil, take(",\"source\":\""), takeText() != nil,
            take(",\"fingerprint\":\""), takeText() != nil, take(",\"status\":\"firing\",\"startsAt\":\""), takeText() != nil
        else { return nil }
        let head = bytes[..<start]
        var expiresAt: Timestamp?
        if take(",\"expiresAt\":\"") {
            guard let time = takeText().flatMap(Self.time) else { return nil }
            expiresAt = time
        }
        guard let receivedAt = takeTail() else { return nil }
        var hasher = Hasher()
        hasher.combine(start)
        hasher.combine(expiresAt == nil)
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<head.endIndex]))
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end]))
        return SignalGlance(content: UInt64(bitPattern: Int64(hasher.finalize())), expiresAt: expiresAt, receivedAt: receivedAt)
    }

    /// `,"receivedAt":"…"}`, perhaps with the trace.
    private mutating func takeTail() -> Timestamp? {
        guard takeLast("\"}"), var text = takeTextBackwards() else { return nil }
        if takeLast(",\"traceparent\":") {
            guard takeLast("\""), let before = takeTextBackwards() else { return nil }
            text = before
        }
        guard takeLast(",\"receivedAt\":"), start < end else { return nil }
        return Self.time(text)
    }

    private mutating func take(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard start + count <= end else { return false }
        for index in 0..<count where bytes[start + index] != literal.utf8Start[index] { return false }
        start += count
        return true
    }

    private mutating func takeLast(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard start + count <= end else { return false }
        for index in 0..<count where bytes[end - count + index] != literal.utf8Start[index] { return false }
        end -= count
        return true
    }

    /// Up to and with the closing quote; nil for a text with escapes or anything but ASCII.
    private mutating func takeText() -> Slice<UnsafeBufferPointer<UInt8>>? {
        let first = start
        while start < end, Self.isPlain(bytes[start]) { start += 1 }
        guard start < end, bytes[start] == UInt8(ascii: "\"") else { return nil }
        start += 1
        return bytes[first..<(start - 1)]
    }

    /// Back to and with the opening quote.
    private mutating func takeTextBackwards() -> Slice<UnsafeBufferPointer<UInt8>>? {
        let last = end
        while end > start, Self.isPlain(bytes[end - 1]) { end -= 1 }
        guard end > start, bytes[end - 1] == UInt8(ascii: "\"") else { return nil }
        end -= 1
        return bytes[(end + 1)..<last]
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func time(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Timestamp? {
        Timestamp(rfc3339: String(decoding: text, as: UTF8.self))
    }
}

/// Names one alert within its team: up to 255 bytes, opaque. For label sets it is Prometheus's own fingerprint, so that an alert that
/// comes once through Alertmanager and once directly is one alert.
package struct Fingerprint: Sendable, Hashable, Comparable, CustomStringConvertible {
    package static let maxBytes = 255
    package let text: String

    package init(_ text: String) { self.text = text }

    /// FNV-1a, 64 bit, over names in byte order, each name and value followed by 0xFF; 16 lower-case hex digits.
    /// Source: prometheus/common `model/signature.go`, `labelSetToFingerprint`.
    package init(labels: Labels) {
        var hash = FNV1a()
        for (name, value) in labels.sortedPairs {
            hash.combine(name)
            hash.combine(byte: 0xFF)
            hash.combine(value)
            hash.combine(byte: 0xFF)
        }
        self.text = hash.hex
    }

    package var description: String { text }
    package static func < (left: Fingerprint, right: Fingerprint) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

/// FNV-1a with 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). For naming, never for secrets.
package struct FNV1a: Sendable {
    package private(set) var value: UInt64 = 14_695_981_039_346_656_037

    package init() {}

    package mutating func combine(byte: UInt8) {
        value ^= UInt64(byte)
        value = value &* 1_099_511_628_211
    }

    package mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte: byte) }
    }

    mutating func combine(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes { combine(byte: byte) }
    }

    /// 16 lower-case hex digits.
    package var hex: String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * place)) & 15
                buffer[place] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            return 16
        }
    }
}

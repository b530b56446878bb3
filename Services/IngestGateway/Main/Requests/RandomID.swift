import Synchronization

/// Ids that nobody else has, for logs and traces: not for secrets, as who knows one can compute the next. They cost no system call.
enum RandomID {
    /// SplitMix64 (https://prng.di.unimi.it/splitmix64.c) from a random start: 2^64 numbers without a repetition.
    private static let state = Atomic<UInt64>(UInt64.random(in: .min ... .max))
    private static let digits = Array("0123456789abcdef".utf8)

    private static func next() -> UInt64 {
        var number = state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number >> 31
    }

    /// A version 4 UUID (RFC 9562 section 5.4), lower case.
    static func uuid() -> String {
        let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return text(36) { buffer in
            write(high >> 32, digits: 8, to: buffer, at: 0)
            write(high >> 16, digits: 4, to: buffer, at: 9)
            write(high, digits: 4, to: buffer, at: 14)
            write(low >> 48, digits: 4, to: buffer, at: 19)
            write(low, digits: 12, to: buffer, at: 24)
        }
    }

    /// A new trace in the form of W3C Trace Context, sampled.
    static func traceparent() -> String {
        text(55) { buffer in
            write(0, digits: 2, to: buffer, at: 0)
            // All zeroes would mean that there is no trace.
            write(next() | 1, digits: 16, to: buffer, at: 3)
            write(next(), digits: 16, to: buffer, at: 19)
            write(next() | 1, digits: 16, to: buffer, at: 36)
            write(1, digits: 2, to: buffer, at: 53)
        }
    }

    /// A text of so many bytes, all dashes until they are written.
    private static func text(_ count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) -> String {
        String(unsafeUninitializedCapacity: count) { buffer in
            buffer.initialize(repeating: UInt8(ascii: "-"))
            fill(buffer)
            return count
        }
    }

    private static func write(_ number: UInt64, digits count: Int, to buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
        for place in 0..<count { buffer[start + count - 1 - place] = digits[Int(number >> UInt64(4 * place) & 15)] }
    }
}

import Testing

@testable import JSON

@Suite struct JSONEscapingTests {
    /// One byte at a time, as the grammar says it.
    private static func slow(_ text: [UInt8]) -> Int {
        text.reduce(0) { $0 + ($1 == 0x22 || $1 == 0x5C || [8, 9, 10, 12, 13].contains($1) ? 1 : $1 < 0x20 ? 5 : 0) }
    }

    @Test func eachByteIsFoundAtEachPlace() {
        for byte in UInt8.min ... .max {
            for place in 0..<20 {
                var text = [UInt8](repeating: 0x61, count: 20)
                text[place] = byte
                let (found, added) = text.withUnsafeBufferPointer { (JSONEscaping.firstUnfit($0, from: 0), JSONEscaping.added($0)) }
                #expect(added == Self.slow(text))
                #expect(found == (Self.slow(text) == 0 ? 20 : place))
            }
        }
    }

    @Test func neighboursDoNotHideOneAnother() {
        let bytes: [UInt8] = [0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x1F, 0x20, 0x80, 0xA2, 0xDC, 0xFF, 0x00, 0x01]
        for first in bytes {
            for second in bytes {
                let text = [0x61, first, second, 0x61, 0x61, 0x61, 0x61, 0x61, second]
                #expect(text.withUnsafeBufferPointer { JSONEscaping.added($0) } == Self.slow(text))
            }
        }
    }

    @Test func theCursorWritesWhatTheWriterWrites() {
        let text = Array("\"\\/\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F} plain ü😀".utf8)
        var writer = JSONWriter()
        text.withUnsafeBufferPointer { writer.string($0) }
        let written = [UInt8](unsafeUninitializedCapacity: 200) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            var cursor = JSONCursor(start)
            text.withUnsafeBufferPointer { cursor.string($0) }
            count = cursor.end - start
        }
        #expect(written == writer.bytes)
        #expect(written.count == text.count + 2 + Self.slow(text))
    }
}

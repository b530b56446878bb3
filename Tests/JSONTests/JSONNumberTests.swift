import JSON
import Testing

@Suite struct JSONNumberTests {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
        ("9007199254740993", 9_007_199_254_740_993),
    ])
    func `A whole number within Int64 is exact`(text: String, number: Int64) throws {
        let node = try parse(text)
        #expect(node.kind == .int)
        #expect(node.int == number)
        #expect(node.raw() == Array("\(number)".utf8))
    }

    @Test(arguments: [("9223372036854775808", 0x1p63), ("18446744073709551615", 0x1p64)])
    func `A whole number above Int64 and within UInt64 is a rounded double`(text: String, number: Double) throws {
        let node = try parse(text)
        #expect(node.kind == .double)
        #expect(node.double == number)
        #expect(node.int == nil)
    }

    @Test(arguments: [
        "18446744073709551616", "-9223372036854775809", "99999999999999999999999999", "1e999999", "-1e309", "01", "-", "1.", ".5",
        "+1", "1e", "0x10", "NaN", "Infinity", "1_000",
    ])
    func `A number that no type can hold or that is malformed is refused`(text: String) {
        for document in [text, "[\(text)]", "{\"a\":\(text)}"] {
            let reason = refusal(of: document)?.reason
            #expect(reason == .number || reason == .syntax || reason == .trailing, "\(document)")
        }
    }

    @Test func `A number of ten megabytes is refused`() {
        #expect(refusal(of: [UInt8](repeating: UInt8(ascii: "9"), count: 10_000_000))?.reason == .number)
        #expect(refusal(of: "[-" + String(repeating: "1", count: 10_000_000) + "]")?.reason == .number)
    }

    @Test(arguments: [
        ("3.0", Int64?.some(3)), ("3e2", 300), ("-1E1", -10), ("0.5", nil), ("1e300", nil), ("9007199254740992.0", 1 << 53), ("1e17", nil),
    ])
    func `A double is a whole number only where that is certain`(text: String, number: Int64?) throws {
        #expect(try parse(text).int == number)
    }

    @Test(arguments: [0.1, -0.0005, 1e21, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1.0 / 3.0, 123_456.789] as [Double])
    func `A double reads back as the same number`(number: Double) throws {
        #expect(try parse(written { $0.value(number) }).double == number)
        #expect(try parse("\(number)").double == number)
    }
}

import Testing

@testable import Postgres

@Suite struct TextFormTests {
    @Test(arguments: [
        ("2026-11-21 05:55:16.123456+00", 1_795_240_516_123_456), ("2026-11-21 05:55:16.5+00", 1_795_240_516_500_000),
        ("2026-11-21 11:25:16+05:30", 1_795_240_516_000_000), ("2026-11-21 02:25:16-03:30", 1_795_240_516_000_000),
        ("1970-01-01 00:00:00+00", 0), ("1969-12-31 23:59:59.999999+00", -1), ("2000-02-29 12:00:00+00", 951_825_600_000_000),
        ("12026-01-01 00:00:00+00", 317_336_745_600_000_000),
    ])
    func `A time is its microseconds`(text: String, microseconds: Int64) {
        #expect(TimestampText.microseconds(Array(text.utf8)[...]) == microseconds)
        #expect(TimestampText.microseconds(Array(TimestampText.text(microseconds).utf8)[...]) == microseconds)
    }

    @Test(arguments: [
        "", "infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "2026-11-21", "2026-11-21 05:55:16", "2026-11-21T05:55:16+00",
        "2026-13-21 05:55:16+00", "2026-11-21 05:55:16.1234567+00", "2026-11-21 05:55:16+00x", "2026-11-21 05:55:16.+00",
        "21.11.2026 05:55:16 UTC", "99999999999-01-01 00:00:00+00",
    ])
    func `What is not a time is none`(text: String) {
        #expect(TimestampText.microseconds(Array(text.utf8)[...]) == nil)
    }

    @Test(
        arguments: [
            ("{}", []), ("{a}", ["a"]), ("{a,b c}", ["a", "b c"]), (#"{"a\"b","c\\d",NULL,"NULL"}"#, ["a\"b", "c\\d", nil, "NULL"]),
            (#"{"",","}"#, ["", ","]),
        ] as [(String, [String?])])
    func `An array literal is its elements`(text: String, elements: [String?]) {
        #expect(ArrayLiteral.decode(Array(text.utf8)[...]) == elements)
        let encoded = ArrayLiteral.encode(elements)
        #expect(ArrayLiteral.decode(Array(encoded.utf8)[...]) == elements)
    }

    @Test(arguments: ["", "a", "{", "{a", "{a,", "{a,}", "{,a}", "{a}b", "{{a},{b}}", #"{"a}"#, #"{"a\"#, "[0:1]={a,b}", "{}}"])
    func `What is not a flat array is none`(text: String) {
        #expect(ArrayLiteral.decode(Array(text.utf8)[...]) == nil)
    }

    @Test(arguments: [("\\x", []), ("\\x00ff", [0, 255]), ("\\xAb", [0xAB])] as [(String, [UInt8])])
    func `Hex is its bytes`(text: String, bytes: [UInt8]) {
        #expect(HexBytes.decode(Array(text.utf8)[...]) == bytes)
    }

    @Test(arguments: ["", "00", "\\x0", "\\x0g", "\\000"]) func `What is not hex is none`(text: String) {
        #expect(HexBytes.decode(Array(text.utf8)[...]) == nil)
    }

    @Test(arguments: [
        ("-- claim deliveries\nSELECT 1", "claim deliveries"), ("SELECT 1", StatementName.unnamed), ("--\nSELECT 1", StatementName.unnamed),
        ("--x", "x"), ("", StatementName.unnamed),
    ])
    func `A statement is called by its first line`(sql: String, name: String) {
        #expect(StatementName.of(sql) == name)
    }
}

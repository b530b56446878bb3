import JSON
import Testing

@Suite struct JSONRefusalTests {
    @Test(arguments: ["", " ", "\n\t \r"])
    func `Nothing is refused as empty`(text: String) {
        #expect(refusal(of: text)?.reason == .empty)
    }

    @Test(arguments: [("{} x", 3), ("1 2", 2), (#"{"a":1}}"#, 7), ("[],", 2), ("null\0", 4)])
    func `Something after the document is refused with its offset`(text: String, offset: Int) {
        #expect(refusal(of: text) == JSONError(reason: .trailing, offset: offset))
    }

    @Test(arguments: [
        ("{", 1), (#"{"a" 1}"#, 5), (#"{"a":1,}"#, 7), ("[1,]", 3), ("[1 2]", 3), ("{1:2}", 1), ("nul", 3), ("[truE]", 4), ("'a'", 0),
        (#"["\x"]"#, 3), (#"["\u12g4"]"#, 6), (#"["a"#, 3), ("[\"a\nb\"]", 3), ("[\"a\0b\"]", 3), ("[1}", 2), ("// c\n1", 0), ("]", 0),
    ])
    func `What is not JSON is refused with the byte where it breaks`(text: String, offset: Int) {
        let error = refusal(of: text)
        #expect(error?.offset == offset)
        #expect(error?.reason == .syntax || error?.reason == .number)
    }

    @Test func `A byte order mark is refused`() {
        #expect(refusal(of: [0xEF, 0xBB, 0xBF] + Array("{}".utf8)) == JSONError(reason: .syntax, offset: 0))
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
        ] as [[UInt8]])
    func `Bytes that are not UTF-8 are refused, in a value and in a key`(bytes: [UInt8]) {
        #expect(refusal(of: Array("[\"a".utf8) + bytes + Array("b\"]".utf8))?.reason == .utf8)
        #expect(refusal(of: Array("{\"a".utf8) + bytes + Array("b\":1}".utf8))?.reason == .utf8)
    }

    @Test(arguments: [
        #"\ud800"#, #"\udc00"#, #"\udfff"#, #"\ud800x"#, #"\ud800\n"#, #"\ud800\ud800"#, #"\udc00\ud800"#, #"\ud83d\u0041"#,
    ])
    func `Half a surrogate pair is refused, in a value and in a key`(escape: String) {
        for text in ["[\"\(escape)\"]", "[\"a\(escape)b\"]", "{\"\(escape)\":1}"] {
            let reason = refusal(of: text)?.reason
            #expect(reason == .syntax || reason == .utf8, "\(text)")
        }
    }

    @Test func `The character U+0000 is refused with its place unless allowed`() throws {
        let text = #"{"labels":{"a":"x\u0000y"}}"#
        #expect(refusal(of: text) == JSONError(reason: .nul, path: "labels.a"))
        #expect(refusal(of: #"{"\u0000":1}"#)?.reason == .nul)
        #expect(try parse(text, limits: JSONLimits(allowsNUL: true))["labels"]?["a"]?.string == "x\0y")
    }

    @Test func `An error names its place`() {
        let text = #"{"alerts":[0,1,2,{"labels":{"severity":"disaster!"}}]}"#
        #expect(refusal(of: text, limits: JSONLimits(maxStringBytes: 9)) == nil)
        #expect(
            refusal(of: text, limits: JSONLimits(maxStringBytes: 8))
                == JSONError(reason: .stringTooLong, path: "alerts[3].labels.severity"))
    }

    @Test func `An error says its place and reason to people`() {
        #expect(JSONError(reason: .duplicateKey, path: "a[1].b").description == "a[1].b is there twice")
        #expect(JSONError(reason: .syntax, offset: 7).description == "document is not JSON (byte 7)")
        #expect(JSONError.Reason.allCases.allSatisfy { !JSONError(reason: $0).message.isEmpty })
    }

    @Test func `Every truncation of a document is refused`() {
        let bytes = Array(sample.utf8)
        for end in 0..<bytes.count {
            #expect(refusal(of: Array(bytes[..<end])) != nil, "first \(end) bytes")
        }
        #expect(refusal(of: bytes) == nil)
    }
}

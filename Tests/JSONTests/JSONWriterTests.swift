import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func `A record has exactly these bytes`() {
        let text = written { writer in
            writer.object { writer in
                writer.field("id", "a\"b\\c/d")
                writer.field("number", 7)
                writer.field("big", Int64.min)
                writer.field("ratio", 0.25)
                writer.field("open", true)
                writer.field("absent", String?.none)
                writer.field("tags", strings: ["x", "ü"])
                writer.field("labels", map: ["b": "2", "a": "1"])
                writer.field("pairs", map: [("z", "1"), ("y", "2")])
                writer.key("nested")
                writer.array { writer in
                    writer.object { _ in }
                    writer.array { _ in }
                    writer.null()
                    writer.value(1)
                    writer.raw(Array(#"{"raw":1}"#.utf8))
                    writer.value(false)
                }
                writer.key("last" as StaticString)
                writer.null()
            }
        }
        let expected =
            #"{"id":"a\"b\\c/d","number":7,"big":-9223372036854775808,"ratio":0.25,"open":true,"tags":["x","ü"],"#
            + #""labels":{"a":"1","b":"2"},"pairs":{"z":"1","y":"2"},"nested":[{},[],null,1,{"raw":1},false],"last":null}"#
        #expect(text == expected)
    }

    @Test func `Every optional that is nil writes nothing`() {
        let text = written { writer in
            writer.object { writer in
                writer.field("a", Int?.none)
                writer.field("b", Int64?.none)
                writer.field("c", Double?.none)
                writer.field("d", Bool?.none)
                writer.field("e", Int64?(1))
            }
        }
        #expect(text == #"{"e":1}"#)
    }

    @Test func `Control characters are escaped as RFC 8259 says`() {
        let text = written { $0.value("\0\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}\u{2028}") }
        #expect(text == #""\u0000\u0001\b\t\n\u000b\f\r\u001f"# + "\u{7f}\u{2028}\"")
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan])
    func `A number that JSON does not have becomes null`(number: Double) {
        #expect(written { $0.value(number) } == "null")
    }

    @Test func `Every character and text outside ASCII reads back the same, as value and as key`() throws {
        let controls = (0...0x7F).map { String(Unicode.Scalar(UInt8($0))) }
        for text in controls + ["👩‍🚒", "e\u{301}", "日本語", "\u{10FFFF}", "\u{FFFD}", "", controls.joined()] {
            let json = written { writer in writer.object { $0.field(text, text) } }
            let member = try #require(Array(try parse(json, limits: JSONLimits(allowsNUL: true)).members).first)
            #expect(Array(member.key.utf8) == Array(text.utf8))
            #expect(member.value.string.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test func `A parsed document is written again compactly and in its order`() throws {
        let spaced = #"{ "z" : [ 1 , -2.5 , 1e2 , "\u00e9\/" ] , "a" : { "t" : true , "f" : false , "n" : null , "o" : {} } }"#
        let compact = #"{"z":[1,-2.5,100.0,"é/"],"a":{"t":true,"f":false,"n":null,"o":{}}}"#
        #expect(String(decoding: try parse(spaced).raw(), as: UTF8.self) == compact)
        let inner = try #require(try parse(spaced)["a"])
        #expect(String(decoding: inner.raw(), as: UTF8.self) == #"{"t":true,"f":false,"n":null,"o":{}}"#)
        let raw = try parse(sample).raw()
        #expect(try JSONDocument.parse(raw).root.raw() == raw)
    }

    @Test func `An error in the body comes out`() {
        struct Stop: Error {}
        var writer = JSONWriter()
        #expect(throws: Stop.self) { try writer.object { _ in throw Stop() } }
    }
}

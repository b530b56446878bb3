import JSON
import Testing

@Suite struct JSONNodeTests {
    @Test(arguments: [
        ("null", JSONNode.Kind.null), ("true", .bool), ("false", .bool), ("7", .int), ("7.5", .double), (#""x""#, .string),
        ("[]", .array), ("{}", .object),
    ])
    func `A document of one value has its kind`(text: String, kind: JSONNode.Kind) throws {
        #expect(try parse(text).kind == kind)
        #expect(try parse(" \n\t\r\(text) ").kind == kind)
    }

    @Test func `Each accessor answers its own kind and nil for the others`() throws {
        let node = try parse(#"[null,true,7,7.5,"x",[1],{"a":1}]"#)
        let nodes = Array(node.elements)
        #expect(nodes.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(nodes.map(\.bool) == [nil, true, nil, nil, nil, nil, nil])
        #expect(nodes.map(\.int) == [nil, nil, 7, nil, nil, nil, nil])
        #expect(nodes.map(\.double) == [nil, nil, 7, 7.5, nil, nil, nil])
        #expect(nodes.map(\.string) == [nil, nil, nil, nil, "x", nil, nil])
        #expect(nodes.map(\.elements.count) == [0, 0, 0, 0, 0, 1, 0])
        #expect(nodes.map(\.members.count) == [0, 0, 0, 0, 0, 0, 1])
        #expect(nodes.map { Array($0.elements).count } == [0, 0, 0, 0, 0, 1, 0])
        #expect(nodes.map { Array($0.members).count } == [0, 0, 0, 0, 0, 0, 1])
    }

    @Test func `Nested values are reached by key and position`() throws {
        let root = try parse(sample)
        #expect(root["version"]?.string == "4")
        #expect(root["alerts"]?.count == 2)
        #expect(root["alerts"]?[0]?["labels"]?["severity"]?.string == "critical")
        #expect(root["alerts"]?[0]?["labels"]?["alertname"]?.string == "Straße é😀 🚒")
        #expect(root["alerts"]?[1]?["text"]?.string == "\"\\/\u{8}\u{c}\n\r\t")
        #expect(root["alerts"]?[0]?["values"]?.elements.map(\.double) == [1, -2, 3.25, 1000])
        #expect(root["ratio"]?.double == -0.0005)
    }

    @Test func `What is not there is nil`() throws {
        let root = try parse(#"{"a":[1,2],"ab":3}"#)
        #expect(root["b"] == nil)
        #expect(root[""] == nil)
        #expect(root["a"]?["a"] == nil)
        #expect(root["a"]?[2] == nil)
        #expect(root["a"]?[-1] == nil)
        #expect(root[0] == nil)
        #expect(root["ab"]?.int == 3)
    }

    @Test func `A key is compared by its bytes, not as text`() throws {
        let root = try parse(#"{"e\u0301":1,"\u00e9":2}"#)
        #expect(root["\u{e9}"]?.int == 2)
        #expect(root["e\u{301}"]?.int == 1)
        #expect(root.members.map(\.value.int) == [1, 2])
    }

    @Test func `Members come in the order written`() throws {
        #expect(try parse(#"{"z":1,"a":{"n":[2]},"m":3}"#).members.map(\.key) == ["z", "a", "m"])
    }

    @Test func `A string lends its bytes`() throws {
        #expect(try parse(#""é\n""#).withStringBytes { Array($0) } == [0xC3, 0xA9, 0x0A])
        #expect(try parse("1").withStringBytes { Array($0) } == nil)
    }

    @Test func `A node outlives the document and the input`() throws {
        let node = try #require(try parse(#"{"a":["kept"]}"#)["a"]?[0])
        _ = try parse(#"{"a":["other"]}"#)
        #expect(node.string == "kept")
    }

    @Test func `A path names the place of every value`() throws {
        let root = try parse(#"[{"a":[1,[2,{"b c":3}]]},4]"#)
        #expect(root.path == "")
        #expect(root[0]?.path == "[0]")
        #expect(root[0]?["a"]?.path == "[0].a")
        #expect(root[0]?["a"]?[0]?.path == "[0].a[0]")
        #expect(root[0]?["a"]?[1]?[1]?["b c"]?.path == "[0].a[1][1].b c")
        #expect(root[1]?.path == "[1]")
    }

    @Test func `Documents of many tasks do not disturb each other`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<200 {
                        let text = String(repeating: "x", count: task * 50 + round)
                        let node = try parse(#"{"text":"\#(text)","round":\#(round)}"#)
                        #expect(node["text"]?.string == text)
                        #expect(node["round"]?.int == Int64(round))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

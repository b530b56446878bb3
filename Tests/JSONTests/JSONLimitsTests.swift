import JSON
import Testing

@Suite struct JSONLimitsTests {
    private func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    @Test func `Depth 32 passes and depth 33 is refused with its place`() {
        #expect(refusal(of: nested(32)) == nil)
        #expect(refusal(of: nested(33)) == JSONError(reason: .depth, path: String(repeating: "[0]", count: 32)))
        let objects = String(repeating: #"{"a":"#, count: 33) + "1" + String(repeating: "}", count: 33)
        #expect(refusal(of: objects)?.reason == .depth)
        #expect(refusal(of: objects)?.path == Array(repeating: "a", count: 32).joined(separator: "."))
    }

    @Test(arguments: [100_000, 1_000_000])
    func `A tower of brackets is refused, closed or not`(depth: Int) {
        #expect(refusal(of: nested(depth))?.reason == .depth)
        #expect(refusal(of: String(repeating: "[", count: depth)) != nil)
        #expect(refusal(of: String(repeating: #"{"a":"#, count: depth)) != nil)
        #expect(refusal(of: nested(depth), limits: JSONLimits(maxDepth: .max))?.reason == .depth)
    }

    @Test func `A string at the limit passes and one byte more is refused`() {
        let limits = JSONLimits(maxStringBytes: 4)
        #expect(refusal(of: #"{"labels":{"é12":"1234"}}"#, limits: limits)?.path == "labels")
        #expect(refusal(of: #"{"l":{"é12":"1234"}}"#, limits: limits) == nil)
        #expect(refusal(of: #"{"l":{"é12":"123é"}}"#, limits: limits) == JSONError(reason: .stringTooLong, path: "l.é12"))
        #expect(refusal(of: #"{"l":[{"é123":""}]}"#, limits: limits) == JSONError(reason: .stringTooLong, path: "l[0].é123"))
    }

    @Test func `The place of a huge key is cut`() throws {
        let path = try #require(refusal(of: "{\"" + String(repeating: "k", count: 100_000) + "\":1}")?.path)
        #expect(path == String(repeating: "k", count: 64) + "…")
    }

    private func object(keys: Int, twin: String? = nil) -> String {
        let members = (0..<keys).map { #""key\#($0)":\#($0)"# } + (twin.map { ["\"\($0)\":-1"] } ?? [])
        return "{" + members.joined(separator: ",") + "}"
    }

    @Test func `Keys and elements are counted`() {
        #expect(refusal(of: object(keys: 1000)) == nil)
        #expect(refusal(of: #"{"alerts":[\#(object(keys: 1001))]}"#) == JSONError(reason: .tooManyKeys, path: "alerts[0]"))
        let few = JSONLimits(maxArrayElements: 3)
        #expect(refusal(of: #"{"a":[1,2,3]}"#, limits: few) == nil)
        #expect(refusal(of: #"{"a":[1,2,3,4]}"#, limits: few) == JSONError(reason: .tooManyElements, path: "a"))
    }

    @Test(arguments: [2, 5, 12, 13, 40, 1000])
    func `A key that is there twice is refused and named, however many keys there are`(keys: Int) {
        let inner = object(keys: keys - 1, twin: "key0")
        #expect(refusal(of: inner) == JSONError(reason: .duplicateKey, path: "key0"))
        let outer = #"{"alerts":[1,{"labels":\#(inner),"x":1}]}"#
        #expect(refusal(of: outer) == JSONError(reason: .duplicateKey, path: "alerts[1].labels.key0"))
    }

    @Test func `One twin among a hundred thousand keys is found`() {
        let limits = JSONLimits.internal
        #expect(refusal(of: object(keys: 100_000), limits: limits) == nil)
        let twin = object(keys: 99_999, twin: "key50000")
        #expect(refusal(of: twin, limits: limits) == JSONError(reason: .duplicateKey, path: "key50000"))
    }

    @Test func `Keys that differ only late are not mistaken for twins`() {
        let prefix = String(repeating: "p", count: 1000)
        let members = (100..<900).map { "\"\(prefix)\($0)\":0" }.joined(separator: ",")
        #expect(refusal(of: "{\(members)}") == nil)
        #expect(refusal(of: "{\(members),\"\(prefix)899\":1}")?.reason == .duplicateKey)
    }

    @Test func `Escaped and plain spellings of a key are the same key`() {
        #expect(refusal(of: #"{"a":1,"\u0061":2}"#)?.reason == .duplicateKey)
    }

    @Test func `The same key in different objects is fine`() {
        #expect(refusal(of: #"{"a":{"a":[{"a":1},{"a":1}]},"b":{"a":1}}"#) == nil)
    }
}

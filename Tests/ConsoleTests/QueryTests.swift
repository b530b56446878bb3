import FoundationEssentials
import Models
import Testing

@testable import console

@Suite struct QueryTests {
    @Test func cursorsReadWhatTheyWrite() {
        for micros in [0, 1, -1, 1_795_240_800_123_456, -62_135_596_800_000_000] as [Int64] {
            let cursor = Cursor(kind: 3, time: Timestamp(microseconds: micros), id: UUID())
            #expect(Cursor(cursor.text) == cursor)
        }
    }

    @Test func nothingElseIsACursor() {
        let good = Cursor(kind: 1, time: Timestamp(seconds: 1), id: UUID()).text
        for text in ["", "abc", good + "A", String(good.dropLast()), "A" + good.dropFirst(), good.replacing("A", with: "+"), good + "="] {
            #expect(text == good || Cursor(text) == nil, "\(text)")
        }
        let late = Cursor(kind: 1, time: Timestamp(microseconds: .max), id: UUID()).text
        #expect(Cursor(late) == nil)
    }

    @Test(
        arguments: [
            ("created_at", IncidentOrder.createdDescending), ("created_at-asc", .createdAscending), ("created_at asc", .createdAscending),
            ("updated_at+desc", .updatedDescending), ("updated_at-asc", .updatedAscending), ("created_at--asc", nil), ("title", nil),
            ("created_at-", nil), ("created_at desc; DROP TABLE incidents", nil), ("", nil), ("CREATED_AT", nil),
        ] as [(String, IncidentOrder?)])
    func ordersComeFromTheList(text: String, order: IncidentOrder?) { #expect(IncidentOrder(text) == order) }

    @Test func searchesAreEscapedByScalars() {
        #expect(IncidentFilter(search: #"50%_\x"#).pattern == #"%50\%\_\\x%"#)
        #expect(IncidentFilter(search: "%\u{301}").pattern?.unicodeScalars.elementsEqual("%\\%\u{301}%".unicodeScalars) == true)
    }

    @Test func formsAreReadAsBrowsersWriteThem() {
        let form = FormText("a=1+2&b=%C3%A4%26&c&=x&d=%zz%4".utf8)
        #expect(form?["a"] == "1 2" && form?["b"] == "ä&" && form?["c"] == "" && form?["d"] == "%zz%4")
        #expect(FormText("a=%00".utf8) == nil && FormText("a=%FF".utf8) == nil)
    }

    @Test(arguments: [
        ("/", "/"), ("/incidents?a=b", "/incidents?a=b"), ("//evil", "/"), ("/\\evil", "/"), ("https://evil", "/"), ("", "/"),
        ("/a\r\nSet-Cookie: x", "/"), ("/sign-out", "/"),
    ])
    func onlyOwnPathsAreGoneBackTo(target: String, result: String) { #expect(SignIn.own(target) == result) }
}

/// PostgreSQL's text form of a one-dimensional array: `{"a","b\"c",NULL}`.
///
/// https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
enum ArrayLiteral {
    /// Every element is quoted, whatever its type, so that no element can be read as NULL, a brace or a comma.
    static func encode(_ elements: [String?]) -> String {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            guard let element else {
                text.append(contentsOf: "NULL".utf8)
                continue
            }
            quote(element, into: &text)
        }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }

    private static func quote(_ value: String, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }

    /// The elements (nil for NULL), or nil where the text is not a one-dimensional array with the usual lower bound.
    static func decode(_ text: ArraySlice<UInt8>) -> [String?]? {
        var rest = text
        guard rest.popFirst() == UInt8(ascii: "{") else { return nil }
        if rest.first == UInt8(ascii: "}") { return rest.count == 1 ? [] : nil }
        var elements: [String?] = []
        while true {
            guard let element = element(&rest) else { return nil }
            elements.append(element.value)
            switch rest.popFirst() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"): return rest.isEmpty ? elements : nil
            default: return nil
            }
        }
    }

    private struct Element {
        var value: String?
    }

    private static func element(_ rest: inout ArraySlice<UInt8>) -> Element? {
        if rest.first == UInt8(ascii: "\"") { return quoted(&rest) }
        let bare = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
        guard !bare.isEmpty, bare.first != UInt8(ascii: "{") else { return nil }
        rest = rest.dropFirst(bare.count)
        // The server quotes the word where a text element spells it.
        return bare.elementsEqual("NULL".utf8) ? Element(value: nil) : Element(value: String(decoding: bare, as: UTF8.self))
    }

    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> Element? {
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return Element(value: String(decoding: value, as: UTF8.self))
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(byte)
            }
        }
        return nil
    }
}

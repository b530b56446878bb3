import Models

/// Reads and checks the parameters of a list. Every refusal names the parameter, its limit and what to do.
struct QueryReader: Sendable {
    let query: FormText

    /// - Parameter known: a parameter that is not among them is refused, so that a typing error is not taken for "no filter".
    init(_ query: FormText, known: Set<String>) throws(ConsoleRefusal) {
        self.query = query
        var seen: Set<String> = []
        for (name, _) in query.pairs {
            guard known.contains(name) else {
                throw .parameter(Self.shown(name), "is not known here; use \(known.sorted().joined(separator: ", "))")
            }
            guard seen.insert(name).inserted else { throw .parameter(name, "is there twice; send it once") }
        }
    }

    /// nil when absent or empty.
    func text(_ name: String, maxCharacters: Int) throws(ConsoleRefusal) -> String? {
        guard let value = query[name], !value.isEmpty else { return nil }
        guard value.unicodeScalars.count <= maxCharacters else {
            throw .parameter(name, "must have at most \(maxCharacters) characters; shorten it")
        }
        return value
    }

    func int(_ name: String, in range: ClosedRange<Int>, default value: Int) throws(ConsoleRefusal) -> Int {
        guard let text = query[name], !text.isEmpty else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw .parameter(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// One or several words with commas between them; nil when absent.
    func choices<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(ConsoleRefusal) -> [String]? {
        guard let text = query[name], !text.isEmpty else { return nil }
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard words.count <= Choice.allCases.count, words.allSatisfy({ Choice(rawValue: $0) != nil }) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .parameter(name, "must be one or several of \(all), with commas between them")
        }
        return words
    }

    /// `2026-11-21`
    func day(_ name: String, default value: String) throws(ConsoleRefusal) -> String {
        guard let text = query[name], !text.isEmpty else { return value }
        guard text.utf8.count == 10, let day = Timestamp(rfc3339: text + "T00:00:00Z"), day.utcDay == text, text >= "1900-01-01" else {
            throw .parameter(name, "must be a day of the UTC calendar from 1900-01-01 on, written 2026-11-21")
        }
        return text
    }

    func cursor(kind: UInt8) throws(ConsoleRefusal) -> Cursor? {
        guard let text = query["cursor"], !text.isEmpty else { return nil }
        guard let cursor = Cursor(text), cursor.kind == kind else {
            throw .parameter("cursor", "is none of this list and order; begin again without it")
        }
        return cursor
    }

    /// Names from outside are shown only when they are plain.
    private static func shown(_ name: String) -> String {
        let isPlain = (1...40).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isPlain ? name : "a parameter"
    }
}

/// Which part of a list.
struct PageRequest: Sendable, Hashable {
    static let maxLimit = 1000
    static let defaultLimit = 50
    static let maxOffset = 1_000_000

    var limit = PageRequest.defaultLimit
    var offset = 0
    var cursor: Cursor?

    init(limit: Int = PageRequest.defaultLimit) { self.limit = limit }

    init(_ reader: QueryReader, cursorKind: UInt8) throws(ConsoleRefusal) {
        limit = try reader.int("limit", in: 1...Self.maxLimit, default: Self.defaultLimit)
        offset = try reader.int("offset", in: 0...Self.maxOffset, default: 0)
        cursor = try reader.cursor(kind: cursorKind)
        guard cursor == nil || offset == 0 else { throw .parameter("offset", "does not go with cursor; send one of them") }
    }

    static let parameters: Set<String> = ["limit", "offset", "cursor"]
}

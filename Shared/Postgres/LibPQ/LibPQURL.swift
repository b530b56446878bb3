import CLibpq

/// Refuses a URL before libpq can quote it, password and all, in an error message.
enum LibPQURL {
    static func validate(_ url: String) throws(PostgresError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            PQfreemem(message)
            throw .malformedURL()
        }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            // "invalid integer value" would quote what may be half of a password with an unescaped slash.
            if strings(keyword, option.pointee.val).map(isMalformedPort) == true { throw .malformedURL() }
            option += 1
        }
    }

    private static func strings(_ keyword: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>?) -> (keyword: String, value: String)? {
        value.map { (String(cString: keyword), String(cString: $0)) }
    }

    private static func isMalformedPort(_ option: (keyword: String, value: String)) -> Bool {
        option.keyword == "port" && !option.value.split(separator: ",").allSatisfy { UInt16($0) != nil }
    }
}

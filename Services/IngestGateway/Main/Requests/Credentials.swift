import FoundationEssentials

/// Finds the ingest key in a request.
enum Credentials {
    /// Longer ones cannot be ours, and are not hashed.
    private static let maxTokenBytes = 256

    /// The header wins over the path. nil: there is none, or the header is malformed.
    static func token(authorization: String?, pathKey: String?) -> String? {
        let token = authorization.map(token(authorization:)) ?? pathKey
        guard let token, !token.isEmpty, token.utf8.count <= maxTokenBytes else { return nil }
        return token
    }

    private static func token(authorization: String) -> String? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let value = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer": return String(value)
        case "basic": return password(basic: String(value))
        default: return nil
        }
    }

    /// RFC 7617: base64 of `user:password`; the user does not matter.
    private static func password(basic: String) -> String? {
        guard basic.utf8.count <= 1024, let data = Data(base64Encoded: basic), let text = String(validating: data, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        return String(text[text.index(after: colon)...])
    }
}

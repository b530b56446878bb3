import CLibcurl

/// The parts of a URL as libcurl itself reads them: two parsers that disagree are how address checks are bypassed.
struct CurlURL {
    /// Lower case.
    let scheme: String
    /// As libcurl would resolve it: IPv4 in dotted form whatever the spelling, IPv6 in brackets.
    let host: String
    /// The port given, or the scheme's own.
    let port: Int

    /// Refuses what is no absolute URL, and user information in it (`https://good.example@evil.example/`).
    init(_ text: String) throws(OutboundError) {
        guard !text.utf8.contains(0) else { throw .invalidRequest("the URL is malformed") }
        guard let parsed = curl_url() else { throw .noHandle }
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK else {
            throw .invalidRequest("the URL is malformed or holds a user name")
        }
        guard let scheme = Self.part(CURLUPART_SCHEME, of: parsed), let host = Self.part(CURLUPART_HOST, of: parsed),
            let port = Self.part(CURLUPART_PORT, of: parsed).flatMap({ Int($0) })
        else { throw .invalidRequest("the URL has no scheme, host or port") }
        self.scheme = scheme.lowercased()
        self.host = host
        self.port = port
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

/// One request to a party outside. The URL may carry a secret (Slack webhooks do): it never reaches a log or an error.
package struct HTTPRequest: Sendable {
    /// An HTTP method, upper case.
    package var method: String
    /// An absolute http or https URL without user information.
    package var url: String
    /// The headers to send; Content-Length, Host and User-Agent are added.
    package var headers: [Header]
    /// The bytes to send, at most `HTTPClient.maxRequestBytes`.
    package var body: [UInt8]
    /// From the call of `send` to the last byte of the answer, waiting for a free place included.
    package var timeoutMilliseconds: Int
    /// Name resolution, TCP and TLS together.
    package var connectTimeoutMilliseconds: Int

    /// A request; the time-outs are those of the security design.
    package init(
        method: String = "POST", url: String, headers: [Header] = [], body: [UInt8] = [], timeoutMilliseconds: Int = 10_000,
        connectTimeoutMilliseconds: Int = 3_000
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
    }
}

/// An answer, whatever its status: 3xx, 4xx and 5xx are answers, not errors.
package struct HTTPResponse: Sendable {
    /// The status code, 100 to 599.
    package var status: Int
    /// The fields of the final answer, in order.
    package var headers: [Header]
    /// The first bytes of the body, at most the client's `maxBodyBytes`.
    package var body: [UInt8]
    /// True when the peer had more to say than `maxBodyBytes`. The status is known all the same, so it is no error.
    package var isBodyCut: Bool

    /// An answer; tests of other targets make their own.
    package init(status: Int, headers: [Header] = [], body: [UInt8] = [], isBodyCut: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isBodyCut = isBodyCut
    }

    /// The first value of a header, looked up without regard to case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

package import Models

/// What a source gets to see of a request.
package struct SourceRequest: Sendable {
    package let body: [UInt8]
    /// nil: the header is missing or malformed.
    package let contentType: MediaType?
    /// The `ce-` headers, names in lower case without the prefix; the only headers that a source reads.
    package let eventHeaders: [String: String]
    package let receivedAt: Timestamp
    package let limits: IngestLimits

    package init(
        body: [UInt8], contentType: MediaType?, eventHeaders: [String: String] = [:], receivedAt: Timestamp,
        limits: IngestLimits = IngestLimits()
    ) {
        self.body = body
        self.contentType = contentType
        self.eventHeaders = eventHeaders
        self.receivedAt = receivedAt
        self.limits = limits
    }
}

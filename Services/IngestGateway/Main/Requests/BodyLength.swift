import AlertSources
import HTTPTypes

/// What the head of a request says about its body.
struct BodyLength: Sendable {
    /// nil: chunked, the length is not known before its end.
    let declared: Int?

    /// - Throws: 400, 411 or 413, all before a byte of the body is read.
    init(_ headers: HTTPFields, limits: IngestLimits) throws(GatewayRefusal) {
        guard let text = headers[.contentLength] else {
            guard headers[.transferEncoding] != nil else { throw .lengthRequired }
            declared = nil
            return
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { throw .invalidLength }
        // Digits that do not fit an Int are a length over every limit.
        guard let length = Int(text), length <= limits.bodyBytes else { throw .bodyTooLarge(limits) }
        declared = length
    }
}

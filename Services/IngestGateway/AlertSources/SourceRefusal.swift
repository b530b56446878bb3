import JSON

/// Why a request is not taken; always the sender's to mend. The message is for its eyes and is never logged, since the field path may hold
/// names from its body.
package struct SourceRefusal: Error, Sendable, Hashable {
    /// A closed set: a label of `tocsin_gateway_refused_total` and the `code` of the answer.
    package enum Code: String, Sendable, CaseIterable {
        case malformedJSON = "malformed_json"
        case missingField = "missing_field"
        case invalidField = "invalid_field"
        case overLimit = "over_limit"
        case unsupportedMediaType = "unsupported_media_type"
        case contradiction
    }

    package let code: Code
    /// Path in the body, `alerts[3].labels.severity`, or a header's name; nil where no one field is at fault.
    package let field: String?
    /// Sentences that say what is wrong, the limit, and what to do.
    package let message: String

    /// Longest field path that is answered, in bytes; names in it are the sender's.
    private static let maxFieldBytes = 256

    init(_ code: Code, field: String?, _ message: String) {
        self.code = code
        self.field = field.flatMap { $0.isEmpty ? nil : $0.cut(toBytes: SourceRefusal.maxFieldBytes) }
        self.message = message
    }

    /// The HTTP status to answer.
    package var status: Int {
        switch code {
        case .malformedJSON, .missingField, .invalidField: 400
        case .overLimit: 413
        case .unsupportedMediaType: 415
        case .contradiction: 422
        }
    }
}

extension SourceRefusal {
    static func missing(_ field: String, _ message: String) -> SourceRefusal { SourceRefusal(.missingField, field: field, message) }

    static func invalid(_ field: String, _ message: String) -> SourceRefusal { SourceRefusal(.invalidField, field: field, message) }

    /// The JSON is right and what it says cannot be.
    static func contradiction(_ field: String?, _ message: String) -> SourceRefusal {
        SourceRefusal(.contradiction, field: field, message)
    }

    /// `setting`: the variable that raises the limit.
    package static func overLimit(_ field: String?, _ message: String, setting: String) -> SourceRefusal {
        SourceRefusal(.overLimit, field: field, "\(message) The gateway's limit is the setting \(setting).")
    }

    package static func unsupportedMediaType(_ message: String) -> SourceRefusal {
        SourceRefusal(.unsupportedMediaType, field: "Content-Type", message)
    }

    init(_ error: JSONError, limits: IngestLimits) {
        let place = error.path.isEmpty ? "The body" : "The field"
        switch error.reason {
        case .depth:
            self = .overLimit(error.path, "\(place) is nested deeper than \(limits.depth) levels.", setting: "TOCSIN_GATEWAY_MAX_DEPTH")
        case .stringTooLong:
            self.init(.overLimit, field: error.path, "A string is longer than \(limits.json.maxStringBytes) bytes. Shorten it.")
        case .tooManyKeys:
            self.init(.overLimit, field: error.path, "An object has more than \(limits.json.maxKeysPerObject) keys. Send fewer.")
        case .tooManyElements:
            self.init(.overLimit, field: error.path, "An array has more than \(limits.json.maxArrayElements) elements. Send fewer.")
        case .tooLarge, .outOfMemory:
            self.init(.overLimit, field: error.path, "The body is too large to be read.")
        case .syntax, .trailing, .empty, .duplicateKey, .number, .utf8, .nul:
            let offset = error.offset.map { " (at byte \($0))" } ?? ""
            self.init(.malformedJSON, field: error.path, "\(place) \(error.message)\(offset). Send one JSON document in UTF-8.")
        }
    }
}

extension String {
    /// The longest prefix of whole characters that fits.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var bytes = 0
        return String(
            prefix { character in
                bytes += character.utf8.count
                return bytes <= limit
            })
    }
}

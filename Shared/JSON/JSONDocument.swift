import CSimdjson

/// A parsed JSON document: one immutable block of memory that its nodes share.
package struct JSONDocument: Sendable {
    private let storage: JSONStorage

    /// Reads one document in UTF-8. Cost: linear in the bytes, one allocation of 16 bytes per value plus the strings.
    /// - Throws: `JSONError` with the place, if the bytes are not JSON, name a key twice in an object or exceed `limits`.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) -> JSONDocument {
        try JSONDocument(bytes.withUnsafeBytes { parsed($0, limits) })
    }

    /// The same for borrowed bytes, which are not needed afterwards.
    package static func parse(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default) throws(JSONError) -> JSONDocument {
        try JSONDocument(parsed(bytes, limits))
    }

    /// The same as `parse`.
    package init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default) throws(JSONError) {
        try self.init(Self.parsed(bytes, limits))
    }

    package var root: JSONNode { JSONNode(storage: storage, index: 0) }

    private init(_ parsed: Result<JSONStorage, JSONError>) throws(JSONError) {
        storage = try parsed.get()
    }

    private static func parsed(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) -> Result<JSONStorage, JSONError> {
        let limits = csimdjson_limits(
            max_depth: limits.maxDepth, max_string_bytes: limits.maxStringBytes, max_keys: limits.maxKeysPerObject,
            max_elements: limits.maxArrayElements, allows_nul: limits.allowsNUL ? 1 : 0)
        let result = csimdjson_parse(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, limits)
        let storage = JSONStorage(result)
        guard Int(result.status) != CSIMDJSON_OK else { return .success(storage) }
        let reason = JSONError.Reason(status: Int(result.status))
        guard result.nodes == nil else {
            return .failure(JSONError(reason: reason, path: storage.path(of: Int(result.fault))))
        }
        return .failure(unreadable(bytes, reason))
    }

    /// The error for bytes of which nothing could be read, with the byte where the grammar breaks.
    private static func unreadable(_ bytes: UnsafeRawBufferPointer, _ reason: JSONError.Reason) -> JSONError {
        guard reason == .syntax || reason == .number, let fault = SyntaxLocator.fault(in: bytes) else {
            return JSONError(reason: reason)
        }
        return JSONError(reason: fault.isTrailing ? .trailing : reason, offset: fault.offset)
    }
}

extension JSONError.Reason {
    /// The status of `csimdjson_parse`, which is not `CSIMDJSON_OK`.
    fileprivate init(status: Int) {
        switch status {
        case CSIMDJSON_TRAILING: self = .trailing
        case CSIMDJSON_EMPTY: self = .empty
        case CSIMDJSON_DEPTH: self = .depth
        case CSIMDJSON_STRING_TOO_LONG: self = .stringTooLong
        case CSIMDJSON_TOO_MANY_KEYS: self = .tooManyKeys
        case CSIMDJSON_TOO_MANY_ELEMENTS: self = .tooManyElements
        case CSIMDJSON_DUPLICATE_KEY: self = .duplicateKey
        case CSIMDJSON_NUMBER: self = .number
        case CSIMDJSON_UTF8: self = .utf8
        case CSIMDJSON_NUL: self = .nul
        case CSIMDJSON_TOO_LARGE: self = .tooLarge
        case CSIMDJSON_OUT_OF_MEMORY: self = .outOfMemory
        default: self = .syntax
        }
    }
}

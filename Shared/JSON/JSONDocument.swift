import CSimdjson

/// A parsed JSON document: one immutable block of memory that its nodes share.
package struct JSONDocument: Sendable {
    private let storage: JSONStorage

    /// Reads one document in UTF-8. Cost: linear in the bytes, one allocation of 16 bytes per value plus the strings.
    /// - Throws: `JSONError` with the place, if the bytes are not JSON, name a key twice in an object or exceed `limits`.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) -> JSONDocument {
        let result = bytes.withUnsafeBytes { parsed($0, limits) }
        return try JSONDocument(result)
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

    private init(_ result: csimdjson_result) throws(JSONError) {
        storage = JSONStorage(result)
        guard Int(result.status) != CSIMDJSON_OK else { return }
        let path = result.nodes == nil ? "" : storage.path(of: Int(result.fault))
        throw JSONError(reason: JSONError.Reason(status: Int(result.status)), path: path)
    }

    private static func parsed(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) -> csimdjson_result {
        let limits = csimdjson_limits(
            max_depth: limits.maxDepth, max_string_bytes: limits.maxStringBytes, max_keys: limits.maxKeysPerObject,
            max_elements: limits.maxArrayElements, allows_nul: limits.allowsNUL ? 1 : 0)
        return csimdjson_parse(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, limits)
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

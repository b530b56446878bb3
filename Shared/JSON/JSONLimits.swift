/// How large a document may be before it is refused. Bytes in all are the caller's to bound, before parsing.
package struct JSONLimits: Sendable, Hashable {
    /// Arrays and objects around a value; a lone scalar has depth 0. At most 1000.
    package var maxDepth: Int
    /// UTF-8 bytes of one string or key after its escapes are read.
    package var maxStringBytes: Int
    /// Members of one object. At most 16 777 214.
    package var maxKeysPerObject: Int
    /// Elements of one array. At most 16 777 214.
    package var maxArrayElements: Int
    /// Whether strings may hold U+0000. PostgreSQL's `text` and `jsonb` cannot, so it is refused at the border.
    package var allowsNUL: Bool

    package init(
        maxDepth: Int = 32, maxStringBytes: Int = 65536, maxKeysPerObject: Int = 1000, maxArrayElements: Int = 100_000,
        allowsNUL: Bool = false
    ) {
        self.maxDepth = maxDepth
        self.maxStringBytes = maxStringBytes
        self.maxKeysPerObject = maxKeysPerObject
        self.maxArrayElements = maxArrayElements
        self.allowsNUL = allowsNUL
    }

    /// For what strangers send.
    package static let `default` = JSONLimits()

    /// For records of ours, which were bounded when they were made.
    package static let `internal` = JSONLimits(
        maxDepth: 64, maxStringBytes: 8 << 20, maxKeysPerObject: 100_000, maxArrayElements: 1_000_000)
}

/// Label or annotation names to values.
package typealias Labels = [String: String]

extension Labels {
    /// Names in byte order, so that equal sets are written alike.
    package var sortedPairs: [(key: String, value: String)] { sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
}

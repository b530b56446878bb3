/// What the database holds is not what this build understands.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package let message: String

    package init(message: String) { self.message = message }

    package static func unexpected(column: String, value: String) -> StoreError {
        StoreError(message: "column \(column) holds \(value.prefix(80)), which this build does not know")
    }

    package static func checksum(version: Int) -> StoreError {
        StoreError(message: "migration \(version) was edited after it had been applied: its checksum differs")
    }

    package static func unknownVersion(_ version: Int) -> StoreError {
        StoreError(message: "the database has migration \(version), which this build does not know: use the newer tocsin")
    }

    package var description: String { message }
}

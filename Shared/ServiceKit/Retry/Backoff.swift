/// Exponential waiting for loops that must not give up: doubles from `first` to `cap`, with full jitter in its upper half.
package struct Backoff: Sendable {
    package let firstMilliseconds: Int
    package let capMilliseconds: Int
    /// Failures in a row.
    package private(set) var failures = 0

    package init(firstMilliseconds: Int = 100, capMilliseconds: Int = 5000) {
        self.firstMilliseconds = firstMilliseconds
        self.capMilliseconds = capMilliseconds
    }

    /// Counts one failure.
    /// - Returns: milliseconds to wait, between a half and the whole of the present step.
    package mutating func failed(jitter: Double = .random(in: 0..<1)) -> Int {
        let step = min(capMilliseconds, firstMilliseconds << min(failures, 16))
        failures += 1
        return step / 2 + Int(Double(step - step / 2) * jitter)
    }

    package mutating func succeeded() { failures = 0 }
}

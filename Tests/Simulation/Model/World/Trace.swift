import Models

/// What happened, step by step: a hash of everything, and text for those who want to read it.
struct Trace {
    private(set) var hash = FNV1a()
    private(set) var lines: [String] = []
    private let keepsText: Bool

    init(keepsText: Bool) { self.keepsText = keepsText }

    /// Begins a step.
    mutating func begin(step: Int, now: Timestamp, fiber: Fiber) {
        combine(step)
        combine(Int(now.microseconds))
        combine(fiber.index)
        if keepsText { lines.append("\(step) \(now.rfc3339) \(fiber.name):") }
    }

    /// Says what the step did. The numbers go into the hash, the text only to the lines.
    mutating func note(_ what: StaticString, _ first: Int = 0, _ second: Int = 0, _ text: @autoclosure () -> String = "") {
        combine(what.utf8CodeUnitCount)
        combine(first)
        combine(second)
        guard keepsText else { return }
        let detail = text()
        let words = " \(what)\(first == 0 && second == 0 ? "" : " \(first) \(second)")\(detail.isEmpty ? "" : " \(detail)");"
        if lines.isEmpty { lines.append("") }
        lines[lines.count - 1] += words
    }

    private mutating func combine(_ number: Int) {
        var rest = UInt64(bitPattern: Int64(number))
        repeat {
            hash.combine(byte: UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        } while rest > 0
    }
}

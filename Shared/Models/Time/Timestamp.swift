/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, PostgreSQL's own resolution.
package struct Timestamp: Sendable, Hashable, Comparable, Codable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Whole seconds since 1970, rounded down.
    package var secondsSinceEpoch: Int64 { microseconds.flooredQuotient(1_000_000) }

    package func adding(seconds: Int) -> Timestamp { Timestamp(microseconds: microseconds + Int64(seconds) * 1_000_000) }

    package func adding(milliseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds + milliseconds * 1_000) }

    /// Seconds from `earlier` to this time; negative when this time is the earlier one.
    package func seconds(since earlier: Timestamp) -> Double { Double(microseconds - earlier.microseconds) / 1_000_000 }

    /// Milliseconds from `earlier` to this time, rounded towards zero.
    package func milliseconds(since earlier: Timestamp) -> Int64 { (microseconds - earlier.microseconds) / 1_000 }
}

extension Int64 {
    /// Division that rounds towards minus infinity, so that times before 1970 fall on the right day.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

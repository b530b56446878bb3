enum Milliseconds {
    /// Whole milliseconds between two instants, rounded up so that a wait of that length never ends early; negative once past.
    static func from(_ now: ContinuousClock.Instant, to deadline: ContinuousClock.Instant) -> Int {
        let parts = now.duration(to: deadline).components
        let nanoseconds = parts.attoseconds / 1_000_000_000
        return Int(parts.seconds) * 1000 + Int((nanoseconds + (nanoseconds > 0 ? 999_999 : 0)) / 1_000_000)
    }
}

import Models

/// A clock that nobody sets, and that runs on while the machine sleeps. Its times mean something only compared with each other, within this
/// process.
enum SteadyClock {
    private static let start = ContinuousClock.now

    static func now() -> Timestamp { Timestamp(microseconds: Int64((ContinuousClock.now - start) / .microseconds(1))) }
}

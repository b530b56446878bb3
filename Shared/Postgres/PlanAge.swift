import Synchronization

/// When the plans that a session keeps are to be made anew.
///
/// A kept plan fits the tables as they were when it was made, and lives until somebody analyses them: a statement first planned on an empty
/// table goes on reading the whole of it when it holds a million rows. A new plan goes by the table's size on disk. Making all of them
/// anew costs some milliseconds, here at most once a second.
final class PlanAge: Sendable {
    static let longest = Duration.seconds(1)

    private let madeAt = Mutex(ContinuousClock.now)

    /// Whether it is time; says so once for each interval.
    func isOver(now: ContinuousClock.Instant) -> Bool {
        madeAt.withLock { madeAt in
            guard madeAt.duration(to: now) >= Self.longest else { return false }
            madeAt = now
            return true
        }
    }
}

import Grouping
import Models
import Postgres
import Synchronization

/// The memory of repeats that the lanes of this process share.
///
/// What a batch found here is noted after its commit only. A lane that writes an alert takes the alert's touch with it, and gives it back
/// when its transaction did not commit. A process that dies loses the repeats of the last seconds: a counter and two times that the next
/// repeat tells anew, never a decision.
final class RepeatMemory: Sendable {
    private let known: Mutex<KnownAlerts>
    private let touchSeconds: Int
    private let metrics: GrouperMetrics

    init(limit: Int, touchSeconds: Int, metrics: GrouperMetrics) {
        known = Mutex(KnownAlerts(limit: limit, touchSeconds: touchSeconds))
        self.touchSeconds = touchSeconds
        self.metrics = metrics
    }

    /// The alert that each of these records repeats; nil for those that the database must decide.
    func recognise(_ glances: [SignalGlance?], now: Timestamp) -> [Alert.ID?] {
        known.withLock { known in
            known.count == 0 ? glances.map { _ in nil } : glances.map { $0.flatMap { known.alert(repeatedBy: $0, now: now) } }
        }
    }

    func takeTouches(of alerts: some Sequence<Alert.ID>) -> [AlertTouch] {
        known.withLock { known in known.count == 0 ? [] : known.takeTouches(of: Array(alerts)) }
    }

    func giveBack(_ touches: [AlertTouch]) {
        guard !touches.isEmpty else { return }
        known.withLock { $0.giveBack(touches) }
    }

    /// A batch is committed.
    func committed(_ done: SignalAttempt) {
        let count = known.withLock { known in
            for glance in done.repeats { known.note(glance, now: done.now) }
            for alert in done.changes.alerts {
                guard let last = done.last[alert.id] else {
                    known.forget(alert.id)
                    continue
                }
                known.learn(alert, from: last.signal, content: last.content)
            }
            let written = Set(done.changes.alerts.map(\.id))
            known.giveBack(done.touches.filter { !written.contains($0.id) })
            return known.count
        }
        metrics.recognised(done.repeats.count)
        metrics.remembered(count)
    }

    /// The partitions have moved, or another process was here.
    func forgetAll() {
        known.withLock { $0.forgetAll() }
        metrics.remembered(0)
    }

    /// Writes the touches that have waited for half of their time, so that the other half is left for the write.
    /// - Returns: how many rows.
    func write(before now: Timestamp, limit: Int, pool: PostgresPool) async throws -> Int {
        let due = known.withLock { $0.takeDue(before: now.adding(milliseconds: -Int64(touchSeconds) * 500), limit: limit) }
        guard !due.isEmpty else { return 0 }
        do {
            // Alerts that are over by now have no row to touch.
            let written = Set(try await TouchStore.write(due.sorted { $0.id < $1.id }, now: now, in: pool))
            known.withLock { known in
                for touch in due where written.contains(touch.id) { known.written(touch) }
            }
            metrics.touched(written.count)
            return due.count
        } catch {
            giveBack(due)
            throw error
        }
    }
}

/// What one attempt at a batch of signals has come to; it counts once it is committed.
struct SignalAttempt: Sendable {
    var changes = GroupingChanges()
    /// Records that were answered from memory.
    var repeats: [SignalGlance] = []
    /// Taken out of the memory, to be written by this attempt.
    var touches: [AlertTouch] = []
    /// The last signal of each alert, and the digest of its record.
    var last: [Alert.ID: (signal: Signal, content: UInt64?)] = [:]
    /// When the gateway had received the newest signal.
    var newest: Timestamp?
    let now: Timestamp
}

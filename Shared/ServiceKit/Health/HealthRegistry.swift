import JSON
package import Models
import Synchronization

/// What this process depends on, and what was last seen of it. `HealthMonitor` looks once a second; readers never wait for a check.
package final class HealthRegistry: Sendable {
    package typealias Check = @Sendable () async -> HealthStatus

    /// A result older than this means that the check itself hangs.
    static let staleAfterSeconds = 3.0

    private struct Entry: Sendable {
        var check: Check
        var status = HealthStatus.failed("not looked at yet")
        var seenAt: Timestamp?
        var isRunning = false
    }

    private let entries = Mutex<[String: Entry]>([:])

    package init() {}

    /// A second registration under the same name replaces the first.
    package func register(_ name: String, _ check: @escaping Check) {
        entries.withLock { $0[name] = Entry(check: check) }
    }

    /// Runs every check that is not running already, and waits for them.
    package func refresh() async {
        await withTaskGroup { group in
            for (name, check) in due() {
                group.addTask { self.record(name, await check()) }
            }
        }
    }

    /// Dependencies by name as last seen.
    package func statuses(now: Timestamp = SystemClock.now()) -> [(name: String, status: HealthStatus)] {
        entries.withLock { entries in
            entries.map { ($0.key, Self.judged($0.value, now: now)) }.sorted { $0.0 < $1.0 }
        }
    }

    /// True when every dependency was seen well, and recently.
    package var isReady: Bool { statuses().allSatisfy(\.status.isOK) }

    /// `{"status":"ready","dependencies":{"postgres":{"ok":true,"detail":""}}}`
    func report() -> (isReady: Bool, json: [UInt8]) {
        let statuses = statuses()
        let isReady = statuses.allSatisfy(\.status.isOK)
        var writer = JSONWriter()
        writer.object {
            $0.field("status", isReady ? "ready" : "not ready")
            $0.key("dependencies")
            $0.object { dependencies in
                for (name, status) in statuses {
                    dependencies.key(name)
                    dependencies.object {
                        $0.field("ok", status.isOK)
                        $0.field("detail", status.detail)
                    }
                }
            }
        }
        return (isReady, writer.bytes)
    }

    /// The checks that may start now; each is marked as running until its result is recorded.
    func due() -> [(name: String, check: Check)] {
        entries.withLock { entries in
            let names = entries.filter { !$0.value.isRunning }.keys
            for name in names { entries[name]?.isRunning = true }
            return names.compactMap { name in entries[name].map { (name, $0.check) } }
        }
    }

    func record(_ name: String, _ status: HealthStatus) {
        entries.withLock {
            $0[name]?.status = status
            $0[name]?.seenAt = SystemClock.now()
            $0[name]?.isRunning = false
        }
    }

    private static func judged(_ entry: Entry, now: Timestamp) -> HealthStatus {
        guard let seenAt = entry.seenAt else { return entry.status }
        let age = now.seconds(since: seenAt)
        return age > staleAfterSeconds ? .failed("no answer for \(Int(age)) s") : entry.status
    }
}

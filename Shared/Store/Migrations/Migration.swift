import Crypto

/// One numbered step of the schema. Its text never changes after a release: the checksum is kept in `schema_migrations`.
package struct Migration: Sendable {
    package let version: Int
    package let name: String
    /// SQL script that makes the step.
    package let up: String
    /// SQL script that takes it back; loses the data of what it drops.
    package let down: String

    package init(version: Int, name: String, up: String, down: String) {
        self.version = version
        self.name = name
        self.up = up
        self.down = down
    }

    /// SHA-256 over both scripts, hex.
    package var checksum: String {
        var hash = SHA256()
        hash.update(data: Array(up.utf8))
        hash.update(data: [0])
        hash.update(data: Array(down.utf8))
        return hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Every migration in order of version.
    package static let all: [Migration] = [
        .teamsAndKeys, .incidentsAndAlerts, .logAndOffsets, .notifications, .measures, .documents, .consoleSessions, .nothingLost,
    ]

    /// What this build needs.
    package static var latestVersion: Int { all.map(\.version).max() ?? 0 }
}

import FoundationEssentials
import Glibc
import Models
import ServiceKit

/// The folder of one gateway's spool, held for as long as the process lives: a second gateway would publish the same alerts.
final class SpoolFolder: Sendable {
    let path: String
    /// Holds the lock; the kernel gives it back when the process ends, however it ends.
    private let lock: Int32

    var file: String { "\(path)/\(SpoolFile.name)" }

    /// Creates the folder, for this user alone, where it is not there.
    init(_ path: String) throws(StartRefused) {
        self.path = path
        if !FileManager.default.fileExists(atPath: path) {
            do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
                throw Self.refused(path, "cannot be created: \(error)")
            }
            _ = chmod(path, 0o700)
        }
        lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Self.refused(path, "cannot be written: \(Self.text(errno))") }
        guard Self.take(lock) else {
            let reason = errno == EWOULDBLOCK ? "is in use by another gateway; give each a folder of its own" : Self.text(errno)
            _ = close(lock)
            throw Self.refused(path, reason)
        }
    }

    deinit { _ = close(lock) }

    /// Tries for two seconds: a predecessor that is just ending, or a child it was starting, still holds the lock for a moment.
    /// - Returns: false with `errno` set.
    private static func take(_ lock: Int32) -> Bool {
        for _ in 0..<40 {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(50_000)
        }
        return flock(lock, LOCK_EX | LOCK_NB) == 0
    }

    /// Renames a damaged database and its journal, so that a new one can be made in their place. Nothing is deleted.
    /// - Returns: where the database is now.
    func setAside(at now: Timestamp) throws -> String {
        let stamp = now.rfc3339.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        let place = "\(path)/spool.damaged-\(stamp)-\(UInt32.random(in: 0...UInt32.max)).sqlite"
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: file + suffix) {
            try FileManager.default.moveItem(atPath: file + suffix, toPath: place + suffix)
        }
        return place
    }

    /// Makes the names of new files durable: a file that was synced is of no use without its entry in the folder.
    func sync() {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        _ = fsync(folder)
        _ = close(folder)
    }

    private static func refused(_ path: String, _ reason: String) -> StartRefused {
        StartRefused(exitCode: ExitCode.configuration, "TOCSIN_GATEWAY_SPOOL_FOLDER \(path) \(reason)")
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}

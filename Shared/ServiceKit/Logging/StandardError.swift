import Glibc
import Synchronization

/// The process's standard error, one whole line at a time.
enum StandardError {
    private static let lock = Mutex(())

    /// Lines longer than a pipe's atomic write would mix with those of other threads, hence the lock.
    static func write(_ line: [UInt8]) {
        lock.withLock { _ in
            var written = 0
            while written < line.count {
                let count = line[written...].withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                // Nobody reads us any more: there is no better place to say so.
                guard count > 0 else { return }
                written += count
            }
        }
    }

    static func write(_ text: String) { write(Array(text.utf8)) }
}

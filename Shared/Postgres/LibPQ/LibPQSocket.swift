import CLibpq
import Glibc

/// Waiting on a connection's socket.
enum LibPQSocket {
    static let forever = -1

    /// False when the time is over. A signal restarts the wait, which is rare and adds at most its length again.
    static func wait(_ connection: OpaquePointer, for events: Int16, milliseconds: Int) -> Bool {
        var descriptor = pollfd(fd: PQsocket(connection), events: events, revents: 0)
        while true {
            let count = poll(&descriptor, 1, Int32(clamping: milliseconds))
            if count >= 0 { return count > 0 }
            // Anything but a signal shows itself in the read that follows.
            if errno != EINTR { return true }
        }
    }
}

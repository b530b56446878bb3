import Dispatch
import Glibc

/// A client that sends its body one byte at a time, on a thread of its own.
enum TrickleClient {
    /// Gives up on a server that has not closed the connection by then.
    private static let maxBytesSent = 200

    /// - Returns: what the server said, and whether it closed the connection before the body was complete.
    static func post(_ path: String, port: Int, announcedBytes: Int, milliseconds: UInt32) async -> (text: String, isClosed: Bool) {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: talk(path, port, announcedBytes, milliseconds))
            }
        }
    }

    private static func talk(_ path: String, _ port: Int, _ announcedBytes: Int, _ milliseconds: UInt32) -> (String, Bool) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo("127.0.0.1", String(port), nil, &found) == 0, let address = found?.pointee else { return ("", false) }
        defer { freeaddrinfo(found) }
        guard connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 else { return ("", false) }
        let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(announcedBytes)\r\n\r\n"
        _ = Array(head.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var received: [UInt8] = []
        for _ in 0..<maxBytesSent {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { received += buffer[..<count] }
            let isOver = count == 0 || (count < 0 && errno != EAGAIN)
            if isOver || send(descriptor, "x", 1, Int32(MSG_NOSIGNAL)) < 0 {
                return (String(decoding: received, as: UTF8.self), true)
            }
            usleep(milliseconds * 1000)
        }
        return (String(decoding: received, as: UTF8.self), false)
    }
}

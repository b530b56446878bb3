import Glibc
import Synchronization

/// A receiver of webhooks on this machine: notes each request and answers as the script says, on one thread, one connection at a time.
final class WebReceiver: Sendable {
    enum Answer: Sendable {
        case status(Int, headers: String = "", body: String = "")
        /// The connection is closed without an answer.
        case silence
    }

    struct Request: Sendable {
        let head: String
        let body: String

        func header(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }
            return line.map { String($0.dropFirst(name.utf8.count + 1).drop { $0 == " " }) }
        }
    }

    struct Failure: Error { let number: Int32 }

    let port: Int
    private let listener: Int32
    private let received = Mutex<[Request]>([])

    var url: String { "http://127.0.0.1:\(port)/in" }
    var requests: [Request] { received.withLock { $0 } }

    /// - Parameter script: the answer to the request of that number, 1 for the first.
    init(_ script: @escaping @Sendable (Int) -> Answer) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) | listen(listener, 64) | getsockname(listener, pointer, &length)
            }
        }
        guard listener >= 0, result == 0 else { throw Failure(number: errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
        startThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                if let request = Self.read(connection) {
                    // Gone with its test: nobody waits for the answer.
                    guard let number = self?.note(request) else { break }
                    Self.send(script(number), to: connection)
                }
                close(connection)
            }
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private func note(_ request: Request) -> Int {
        received.withLock {
            $0.append(request)
            return $0.count
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(connection, &chunk, chunk.count)
            guard count > 0 else { return nil }
            bytes += chunk.prefix(count)
            guard let mark = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let request = Request(
                head: String(decoding: bytes[..<mark.lowerBound], as: UTF8.self),
                body: String(decoding: bytes[mark.upperBound...], as: UTF8.self))
            if bytes.count - mark.upperBound >= Int(request.header("content-length") ?? "") ?? 0 { return request }
        }
    }

    private static func send(_ answer: Answer, to connection: Int32) {
        guard case .status(let status, let headers, let body) = answer else { return }
        let text = "HTTP/1.1 \(status) Any\r\n\(headers)connection: close\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
        let bytes = Array(text.utf8)
        _ = Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    pthread_create(
        &thread, nil,
        { pointer in
            if let pointer { Unmanaged<ThreadBody>.fromOpaque(pointer).takeRetainedValue().run() }
            return nil
        }, box)
    pthread_detach(thread)
}

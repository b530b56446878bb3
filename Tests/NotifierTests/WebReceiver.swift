import Glibc
import Synchronization

/// A receiver on this machine: notes each request and answers as the script says, each connection on its own thread.
final class WebReceiver: Sendable {
    enum Answer: Sendable {
        case status(Int, headers: String = "", body: String = "")
        /// The connection is closed without an answer.
        case silence
        /// These bytes as they are; then the connection is closed.
        case raw(String)
        /// Bytes without end.
        case flood(head: String)
        /// One byte a second after the head, until the other side gives up.
        case drip(head: String)
        /// No byte until the other side gives up.
        case hang
        /// The connection is reset after these bytes.
        case reset(after: String)
    }

    struct Request: Sendable {
        let head: String
        let body: String

        func header(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }
            return line.map { String($0.dropFirst(name.utf8.count + 1).drop { $0 == " " }) }
        }

        /// The path of the request without its query.
        var path: String {
            let target = head.split(separator: " ", maxSplits: 2).dropFirst().first ?? ""
            return String(target.prefix { $0 != "?" })
        }
    }

    struct Failure: Error { let number: Int32 }

    let port: Int
    private let listener: Int32
    private let received = Mutex<[Request]>([])

    var url: String { "http://127.0.0.1:\(port)/in" }
    var requests: [Request] { received.withLock { $0 } }

    /// - Parameter script: the answer to the request of that number, 1 for the first.
    convenience init(_ script: @escaping @Sendable (Int) -> Answer) throws { try self.init(answering: { number, _ in script(number) }) }

    /// - Parameter script: as above, with the request.
    init(answering script: @escaping @Sendable (Int, Request) -> Answer) throws {
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
                startThread { [weak self] in
                    // Gone with its test: nobody waits for the answer.
                    if let request = Self.read(connection), let number = self?.note(request) {
                        Self.send(script(number, request), to: connection)
                    }
                    close(connection)
                }
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
        switch answer {
        case .status(let status, let headers, let body):
            let head = "HTTP/1.1 \(status) Any\r\n\(headers)connection: close\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
            _ = write(head + body, to: connection)
        case .silence: break
        case .raw(let text): _ = write(text, to: connection)
        case .flood(let head):
            _ = write(head, to: connection)
            let filler = String(repeating: "x", count: 65_536)
            while write(filler, to: connection) {}
        case .drip(let head):
            _ = write(head, to: connection)
            while write("x", to: connection) { sleep(1) }
        case .hang: waitForClose(connection)
        case .reset(let text):
            _ = write(text, to: connection)
            usleep(200_000)  // else RST may overtake the bytes
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        }
    }

    /// - Returns: false when the other side has gone.
    private static func write(_ text: String, to connection: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private static func waitForClose(_ connection: Int32) {
        var byte: UInt8 = 0
        while Glibc.read(connection, &byte, 1) > 0 {}
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

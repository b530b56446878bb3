import Glibc
import Synchronization

/// A TCP server on this machine that plays a script on every connection, each on its own thread.
final class LocalServer: Sendable {
    private let listener: Int32
    let port: Int
    private let accepted = Counter()

    /// How many connections were accepted.
    var connections: Int { accepted.value }
    var url: String { "http://127.0.0.1:\(port)" }

    /// `script` gets the connection and its number, 1 for the first. The connection is closed when it returns.
    init(_ script: @escaping @Sendable (Peer, Int) -> Void) throws {
        let (listener, port) = try Self.listen()
        self.listener = listener
        self.port = port
        startThread { [accepted] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { break }
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)  // an inherited copy (TLSServer) would hold the connection open
                let number = accepted.next()
                startThread {
                    let peer = Peer(socket)
                    script(peer, number)
                    peer.close()
                }
            }
            close(listener)  // only here: a number closed elsewhere could already be another server's
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))  // wakes the accepting thread
    }

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) | Glibc.listen(listener, 128) | getsockname(listener, pointer, &length)
            }
        }
        guard listener >= 0, result == 0 else { throw LocalServerError(number: errno) }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A port on which nobody listens.
    static func closedPort() throws -> Int {
        let (listener, port) = try listen()
        close(listener)
        return port
    }
}

struct LocalServerError: Error { var number: Int32 }

private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }

    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}

/// The server's end of one connection. Blocking; used by its own thread only.
final class Peer {
    private let socket: Int32
    private var buffer: [UInt8] = []
    private var isClosed = false

    init(_ socket: Int32) { self.socket = socket }

    /// The bytes up to and including `mark`, or nil when the other side has closed.
    func read(through mark: String) -> String? {
        let mark = Array(mark.utf8)
        while true {
            if let end = buffer.firstRange(of: mark)?.upperBound { return take(end) }
            guard fill() else { return nil }
        }
    }

    func read(count: Int) -> String? {
        while buffer.count < count { guard fill() else { return nil } }
        return take(count)
    }

    /// False when the other side is gone.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Says nothing until the other side gives up.
    func waitForClose() { while fill() {} }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        Glibc.close(socket)
    }

    /// Closes with RST instead of FIN.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    private func take(_ count: Int) -> String {
        defer { buffer.removeFirst(count) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(socket, &chunk, chunk.count)
        guard count > 0 else { return false }
        buffer += chunk.prefix(count)
        return true
    }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

func startThread(_ body: @escaping @Sendable () -> Void) {
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

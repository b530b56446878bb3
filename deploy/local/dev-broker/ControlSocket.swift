import Glibc

/// The UNIX socket on which commands arrive.
struct ControlSocket {
    let descriptor: Int32
    private let path: String

    /// Replaces what a dead process left at `path`.
    init(path: String) throws(Failure) {
        unlink(path)
        let descriptor = try Self.open()
        guard try Self.withAddress(path, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else {
            throw .system(path)
        }
        self.descriptor = descriptor
        self.path = path
    }

    func remove() { unlink(path) }

    /// Sends one command and waits for its reply.
    static func ask(_ command: String, path: String) throws(Failure) -> String {
        let descriptor = try open()
        defer { close(descriptor) }
        guard try withAddress(path, { connect(descriptor, $0, $1) }) == 0 else { throw .system(path) }
        let line = Array((command + "\n").utf8)
        guard write(descriptor, line, line.count) == line.count else { throw .system(path) }
        var reply: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while !reply.contains(UInt8(ascii: "\n")) {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw Failure("no reply") }
            reply += buffer[..<count]
        }
        return String(decoding: reply.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func open() throws(Failure) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket") }
        return descriptor
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let isFitting = withUnsafeMutableBytes(of: &address.sun_path) { target in
            guard bytes.count < target.count else { return false }
            target.copyBytes(from: bytes)
            return true
        }
        guard isFitting else { throw Failure("the socket path is too long: \(path)") }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}

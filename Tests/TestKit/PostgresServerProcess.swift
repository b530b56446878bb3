import Glibc

/// The process that runs ``PostgresServerScript``, and the socket whose end is its signal to clean up.
struct PostgresServerProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let port: Int
    let password: String
    private let process: pid_t
    private let lifeline: Int32

    /// Blocks for a second or two, until the server accepts connections.
    init(password: String) throws {
        let (ours, theirs) = try Self.socketPair()
        process = try Self.spawn(talkingTo: theirs)
        lifeline = ours
        self.password = password
        _ = Array("\(password)\n".utf8).withUnsafeBytes { write(ours, $0.baseAddress, $0.count) }
        close(theirs)
        let answer = Self.line(from: ours)
        guard answer.hasPrefix("ready "), let port = Int(answer.dropFirst("ready ".count)) else {
            throw Failure(description: "private PostgreSQL: \(answer.isEmpty ? "the server script died" : answer)")
        }
        self.port = port
    }

    /// Lets go of the server and waits until it and its files are gone.
    func stop() {
        close(lifeline)
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1 && errno == EINTR {}
    }

    private static func socketPair() throws -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [0, 0]
        // Close-on-exec: a child of another test that inherited our end would keep the server alive.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure(description: "socketpair: errno \(errno)") }
        return (ends[0], ends[1])
    }

    private static func spawn(talkingTo descriptor: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
        posix_spawn_file_actions_adddup2(&actions, descriptor, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A session of its own: Ctrl-C in the terminal is for the tests, whose end then ends the server.
        posix_spawnattr_setflags(&attributes, 0x80)  // POSIX_SPAWN_SETSID of spawn.h
        var arguments: [UnsafeMutablePointer<CChar>?] = ["sh", "-c", PostgresServerScript.text].map { (argument: String) in strdup(argument)
        }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, "/bin/sh", &actions, &attributes, &arguments, environ)
        guard result == 0 else { throw Failure(description: "posix_spawn: error \(result)") }
        return process
    }

    private static func line(from descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

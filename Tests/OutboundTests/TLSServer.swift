import Glibc

/// `openssl s_server` with a self-made certificate: a TLS peer that answers GET with a status page.
final class TLSServer: Sendable {
    let port: Int
    /// The certificate, which is its own authority.
    let certificate: String
    private let process: pid_t
    private let directory: String

    /// `name` is a subjectAltName such as "IP:127.0.0.1".
    init(name: String) throws {
        var template = Array("/tmp/tocsin-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LocalServerError(number: errno) }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (certificate, key) = (directory + "/cert.pem", directory + "/key.pem")
        let (maker, makerOutput) = try Self.spawn([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test",
            "-addext", "subjectAltName=\(name)", "-keyout", key, "-out", certificate,
        ])
        close(makerOutput)
        waitpid(maker, nil, 0)
        let (process, output) = try Self.spawn(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key])
        // Its end of the pipe must stay open: it prints on every connection.
        let peer = Peer(output)
        var port: Int?
        while port == nil, let line = peer.read(through: "\n") {
            if line.hasPrefix("ACCEPT ") { port = line.dropLast().split(separator: ":").last.flatMap { Int($0) } }
        }
        guard let port else { throw LocalServerError(number: ECHILD) }
        startThread { Peer(output).waitForClose() }
        (self.port, self.certificate, self.process, self.directory) = (port, certificate, process, directory)
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        for name in ["/cert.pem", "/key.pem"] { unlink(directory + name) }
        rmdir(directory)
    }

    /// Starts openssl; returns its process and the reading end of its standard output.
    private static func spawn(_ arguments: [String]) throws -> (pid_t, Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LocalServerError(number: errno) }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var argv: [UnsafeMutablePointer<CChar>?] = (["openssl"] + arguments).map { strdup($0) }
        defer { for argument in argv { free(argument) } }
        argv.append(nil)
        var process = pid_t()
        let result = posix_spawnp(&process, "openssl", &actions, nil, argv, nil)
        guard result == 0 else {
            close(ends[0])
            throw LocalServerError(number: result)
        }
        return (process, ends[0])
    }
}

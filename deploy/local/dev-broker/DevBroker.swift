import Glibc

/// A Kafka broker for a machine that has none: librdkafka's mock cluster in a process of its own.
///
/// In memory, trims a partition at 5 MiB, no authentication, 127.0.0.1 only. For trying and for fault tests, never for real use.
@main
enum DevBroker {
    static func main() {
        do {
            switch try Arguments.parse(Array(CommandLine.arguments.dropFirst())) {
            case .help:
                writeLine(Arguments.usage, to: STDOUT_FILENO)
            case .send(let path, let command):
                try send(command, to: path)
            case .serve(let arguments):
                try serve(arguments)
            }
        } catch {
            writeLine("dev-broker: \(error)", to: STDERR_FILENO)
            exit(2)
        }
    }

    private static func serve(_ arguments: ServeArguments) throws(Failure) {
        let signals = try StopSignals()
        let cluster = try MockCluster(brokers: arguments.brokers)
        ListeningSockets.sendAtOnce()
        for (topic, partitions) in arguments.topics { try cluster.create(topic: topic, partitions: partitions) }
        let control = try arguments.control.map { path throws(Failure) in try ControlSocket(path: path) }
        defer { control?.remove() }
        if let path = arguments.brokersFile { try AtomicFile.write(cluster.bootstrapServers + "\n", to: path) }
        writeLine(cluster.bootstrapServers, to: STDOUT_FILENO)
        ControlLoop(cluster: cluster, signals: signals, socket: control).run()
        if let path = arguments.brokersFile { unlink(path) }
    }

    /// The other end of `--control`, for scripts: prints the reply; exit status 1 where it is not `ok`.
    private static func send(_ command: String, to path: String) throws(Failure) {
        let reply = try ControlSocket.ask(command, path: path)
        writeLine(reply, to: STDOUT_FILENO)
        exit(reply == "ok" || reply.hasPrefix("ok ") ? 0 : 1)
    }
}

/// Writes without a buffer in between: whoever waits for the line sees it at once. A reader that went away loses it.
func writeLine(_ text: String, to descriptor: Int32) {
    let bytes = Array((text + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
}

/// What stops the program, for people.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// A refused system call.
    static func system(_ what: String) -> Failure { Failure("\(what): \(String(cString: strerror(errno)))") }
}

/// The command line.
enum Arguments {
    case help
    case serve(ServeArguments)
    case send(path: String, command: String)

    static let usage = """
        usage: dev-broker --topic NAME:PARTITIONS... [--brokers N] [--brokers-file PATH] [--control PATH]
               dev-broker --send PATH COMMAND...

        Runs a Kafka broker in memory until SIGTERM or SIGINT and prints its bootstrap servers.
          --topic NAME:PARTITIONS  creates a topic (repeat)
          --brokers N              brokers in the cluster (1)
          --brokers-file PATH      writes the bootstrap servers there once ready
          --control PATH           takes commands on a UNIX socket there, as on stdin
          --send PATH COMMAND...   sends one command to that socket and prints the reply

        Commands, one a line, each answered by "ok" or "error REASON":
        \(Command.usage)
        """

    static func parse(_ words: [String]) throws(Failure) -> Arguments {
        if words.contains("--help") || words.contains("-h") { return .help }
        if words.first == "--send" {
            guard words.count >= 3 else { throw Failure("--send PATH COMMAND...") }
            return .send(path: words[1], command: words[2...].joined(separator: " "))
        }
        var arguments = ServeArguments()
        var rest = words[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Failure("\(name) needs a value") }
            try arguments.set(name, value)
        }
        return .serve(arguments)
    }
}

struct ServeArguments {
    var topics: [(name: String, partitions: Int32)] = []
    var brokers: Int32 = 1
    var brokersFile: String?
    var control: String?

    mutating func set(_ name: String, _ value: String) throws(Failure) {
        switch name {
        case "--topic":
            let parts = value.split(separator: ":")
            guard parts.count == 2, let partitions = Int32(parts[1]), partitions > 0 else {
                throw Failure("--topic wants NAME:PARTITIONS, got \(value)")
            }
            topics.append((String(parts[0]), partitions))
        case "--brokers":
            guard let count = Int32(value), (1...9).contains(count) else { throw Failure("--brokers wants 1 to 9, got \(value)") }
            brokers = count
        case "--brokers-file": brokersFile = value
        case "--control": control = value
        default: throw Failure("unknown argument \(name); see --help")
        }
    }
}

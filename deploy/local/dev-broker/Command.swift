/// One line of control.
enum Command: Equatable {
    case down(broker: Int32)
    case up(broker: Int32)
    case roundTrip(milliseconds: Int32, broker: Int32)
    case error(api: Int16, code: Int32, count: Int)
    case late(api: Int16, milliseconds: Int32, count: Int, broker: Int32)
    case clear(api: Int16)
    case leader(topic: String, partition: Int32, broker: Int32)
    case coordinator(kind: String, key: String, broker: Int32)
    case topic(name: String, partitions: Int32)
    case brokers
    case stop

    static let usage = """
          down [BROKER]                      refuses and drops connections (all brokers without one); data and leaders stay
          up [BROKER]                        takes connections again
          rtt MS [BROKER]                    delays every answer
          error API CODE [COUNT]             fails the next requests; API by name (Produce) or number, CODE likewise
          late API MS [COUNT [BROKER]]       carries out the next requests and answers so much later, as if the answer were lost
                                             on the way; after it, `error` of this API is refused
          clear API                          forgets errors not yet used; late answers stay
          leader TOPIC PARTITION BROKER      moves a partition; BROKER -1 leaves it without a leader
          coordinator group|transaction KEY BROKER
          topic NAME PARTITIONS              creates a topic
          brokers                            prints the bootstrap servers
          stop                               ends the process
        """

    /// Request types: https://kafka.apache.org/protocol#protocol_api_keys, those that the mock knows.
    static let apis: [String: Int16] = [
        "produce": 0, "fetch": 1, "listoffsets": 2, "metadata": 3, "offsetcommit": 8, "offsetfetch": 9, "findcoordinator": 10,
        "joingroup": 11, "heartbeat": 12, "leavegroup": 13, "syncgroup": 14, "apiversions": 18, "initproducerid": 22,
    ]

    /// `codes` are the library's error names, upper case, such as `NOT_LEADER_FOR_PARTITION` or `_TRANSPORT`.
    static func parse(_ line: String, codes: [String: Int32]) throws(Failure) -> Command {
        var words = Words(line)
        let command = try words.command(codes)
        guard words.isEmpty else { throw Failure("too many words") }
        return command
    }
}

/// The words of a line, taken one by one.
private struct Words {
    private var rest: ArraySlice<String>

    init(_ line: String) { rest = line.split(whereSeparator: \.isWhitespace).map(String.init)[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func command(_ codes: [String: Int32]) throws(Failure) -> Command {
        switch try text("a command") {
        case "down": .down(broker: try optional("BROKER") ?? -1)
        case "up": .up(broker: try optional("BROKER") ?? -1)
        case "rtt": .roundTrip(milliseconds: try number("MS"), broker: try optional("BROKER") ?? -1)
        case "error": .error(api: try api(), code: try code(codes), count: try optional("COUNT") ?? 1)
        case "late":
            .late(
                api: try api(), milliseconds: try number("MS"), count: try optional("COUNT") ?? 1, broker: try optional("BROKER") ?? -1)
        case "clear": .clear(api: try api())
        case "leader": .leader(topic: try text("TOPIC"), partition: try number("PARTITION"), broker: try number("BROKER"))
        case "coordinator": .coordinator(kind: try text("group|transaction"), key: try text("KEY"), broker: try number("BROKER"))
        case "topic": .topic(name: try text("NAME"), partitions: try number("PARTITIONS"))
        case "brokers": .brokers
        case "stop": .stop
        case let other: throw Failure("unknown command \(other)")
        }
    }

    private mutating func text(_ what: String) throws(Failure) -> String {
        guard let word = rest.popFirst() else { throw Failure("\(what) is missing") }
        return word
    }

    private mutating func number<Number: FixedWidthInteger>(_ what: String) throws(Failure) -> Number {
        let word = try text(what)
        guard let number = Number(word) else { throw Failure("\(what) is not a number: \(word)") }
        return number
    }

    private mutating func optional<Number: FixedWidthInteger>(_ what: String) throws(Failure) -> Number? {
        if rest.isEmpty { return nil }
        return try number(what)
    }

    private mutating func api() throws(Failure) -> Int16 {
        let word = try text("API")
        guard let api = Int16(word) ?? Command.apis[word.lowercased()] else { throw Failure("unknown API \(word)") }
        return api
    }

    private mutating func code(_ codes: [String: Int32]) throws(Failure) -> Int32 {
        let word = try text("CODE")
        guard let code = Int32(word) ?? codes[word.uppercased()] else { throw Failure("unknown CODE \(word)") }
        return code
    }
}

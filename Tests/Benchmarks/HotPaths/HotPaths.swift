import FoundationEssentials
import Glibc

/// Runs each hot function a fixed number of times, for Tests/Benchmarks/counts to count instructions and allocations.
///
/// Usage: `hot-paths ROUNDS BODY-FILE`, a webhook of some alerts. Prints one JSON object a stage: name, items of all its rounds, what an item
/// is. callgrind dumps its counts before each `getppid`, which nothing else here calls: one dump of what precedes a stage, one of the stage.
@main
struct HotPaths {
    /// Rounds that fill caches and lazily made tables; not counted.
    private static let warmUp = 2

    static func main() throws {
        guard CommandLine.arguments.count == 3, let rounds = Int(CommandLine.arguments[1]), (1...100_000).contains(rounds) else {
            throw Failure("usage: hot-paths ROUNDS BODY-FILE")
        }
        let body = try [UInt8](Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[2])))
        for stage in try stages(body) { try run(stage, rounds: rounds) }
    }

    private static func stages(_ body: [UInt8]) throws -> [HotPath] {
        let gateway = try GatewayPaths(body: body)
        return gateway.all + GroupingPaths(like: gateway.signals).all + [
            try DeliveryPath.plan(), ParameterPath.columns(), EscapingPath.text(),
        ]
    }

    private static func run(_ stage: HotPath, rounds: Int) throws {
        for _ in 0..<warmUp { try round(stage) }
        _ = getppid()
        for _ in 0..<rounds { try round(stage) }
        _ = getppid()
        print(#"{"name":"\#(stage.name)","items":\#(stage.items * rounds),"item":"\#(stage.item)"}"#)
    }

    /// The check keeps the optimiser from dropping the work, and the harness from counting a stage that does nothing.
    private static func round(_ stage: HotPath) throws {
        guard try stage.round() >= stage.items else { throw Failure("\(stage.name) did not do its work") }
    }
}

/// A refused command line or a stage without effect, told on standard error by the runtime.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

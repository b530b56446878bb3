import FoundationEssentials
import Glibc
import Models
import ServiceKit

/// What a command may know of the world it runs in.
struct Session: Sendable {
    let environment: [String: String]
    let output: Output
    let clock: @Sendable () -> Timestamp

    init(environment: [String: String], output: Output, clock: @escaping @Sendable () -> Timestamp = { SystemClock.now() }) {
        self.environment = environment
        self.output = output
        self.clock = clock
    }

    /// This process: its environment, its standard output and error.
    static func process() -> Session {
        let environment = ProcessInfo.processInfo.environment
        return Session(environment: environment, output: .standard(environment: environment))
    }

    var now: Timestamp { clock() }

    /// A variable of the environment; an empty one counts as absent.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
}

import JSON
import Synchronization
import Testing

@testable import tocsin

/// What one run of the command left behind.
struct Invocation {
    let code: Int32
    let out: String
    let err: String

    /// The standard output as JSON.
    func json() throws -> JSONNode { try JSONDocument.parse(Array(out.utf8)).root }

    /// The standard output without its last line end.
    var text: String { out.hasSuffix("\n") ? String(out.dropLast()) : out }
}

/// Runs the whole command in this process.
func tocsin(_ arguments: String..., environment: [String: String] = [:]) async -> Invocation {
    await tocsin(arguments, environment: environment)
}

func tocsin(_ arguments: [String], environment: [String: String] = [:]) async -> Invocation {
    let out = Captured()
    let err = Captured()
    let session = Session(
        environment: environment, output: Output(hasColour: false, out: { out.append($0) }, error: { err.append($0) }))
    let code = await CommandLineProgram.run(arguments, in: session)
    return Invocation(code: code, out: out.text, err: err.text)
}

/// Collects what a command writes.
private final class Captured: Sendable {
    private let buffer = Mutex("")

    func append(_ text: String) { buffer.withLock { $0 += text } }

    var text: String { buffer.withLock(\.self) }
}

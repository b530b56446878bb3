import ArgumentParser

/// From arguments to an exit code, without touching the process: tests run the whole command in it.
enum CommandLineProgram {
    static func run(_ arguments: [String], in session: Session) async -> Int32 {
        do {
            var command = try Tocsin.parseAsRoot(arguments)
            if let command = command as? any OperatorCommand {
                try await command.run(in: session)
            } else {
                // Help, or a group of commands without one: its message comes as an error.
                try command.run()
            }
            return OperatorFailure.Code.done
        } catch {
            return report(error, to: session)
        }
    }

    private static func report(_ error: any Error, to session: Session) -> Int32 {
        if let failure = OperatorFailure(recognising: error) {
            session.output.complain("tocsin: \(failure)")
            return failure.code
        }
        // ArgumentParser's own: help and completion scripts belong to the standard output, a usage error to the other.
        let code = Tocsin.exitCode(for: error)
        let message = Tocsin.fullMessage(for: error)
        if code.isSuccess { session.output.write(message) } else if !message.isEmpty { session.output.complain(message) }
        return code.rawValue
    }
}

/// A command that works with what the session gives it.
protocol OperatorCommand: AsyncParsableCommand, Sendable {
    /// - Throws: `OperatorFailure`, or an error that `OperatorFailure(recognising:)` knows.
    func run(in session: Session) async throws
}

extension OperatorCommand {
    func run() async throws { try await run(in: .process()) }
}

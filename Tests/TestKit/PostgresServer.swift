import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// The PostgreSQL server that the tests of this process share.
package enum TestPostgres {
    private static let queue = DispatchQueue(label: "tocsin.testkit.postgres")
    /// Only used on `queue`, and by the exit handler when nothing else runs.
    private static let server = Mutex<Result<PostgresServerProcess, any Error>?>(nil)

    /// A URL of a superuser of the server: `DATABASE_URL` if it is set, else that of a private server on 127.0.0.1, which is started
    /// by the first call and gone when the process has ended. Works as root, too: the server then runs as user `postgres`.
    package static func shared() async throws -> String {
        if let url = ProcessInfo.processInfo.environment["DATABASE_URL"], !url.isEmpty { return url }
        let server = try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: started()) }
        }
        return "postgresql://tocsin:\(server.password)@127.0.0.1:\(server.port)/postgres"
    }

    /// Starts at most once; a server that could not start stays an error, so that a hundred tests do not try in turn.
    private static func started() -> Result<PostgresServerProcess, any Error> {
        if let server = server.withLock(\.self) { return server }
        let result = Result { try PostgresServerProcess(password: UUID().uuidString) }
        server.withLock { $0 = result }
        atexit { TestPostgres.stop() }
        return result
    }

    private static func stop() {
        guard case .success(let process) = server.withLock(\.self) else { return }
        process.stop()
    }
}

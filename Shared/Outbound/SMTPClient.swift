package import Logging

/// Hands mails to a mail server, one connection per mail.
package final class SMTPClient: Sendable {
    /// The largest mail; most servers take 25 MB at most.
    package static let maxMailBytes = 16 << 20
    /// The ports a mail server listens on, when the policy does not allow any.
    private static let mailPorts: Set<Int> = [25, 465, 587, 2525]

    private let policy: AddressPolicy
    private let workers: CurlWorkers
    private let logger: Logger

    /// Threads are started on demand, up to `maxConcurrent`.
    package init(policy: AddressPolicy, maxConcurrent: Int = 8, logger: Logger) {
        self.policy = policy
        workers = CurlWorkers(maxThreads: maxConcurrent)
        self.logger = logger
    }

    deinit { workers.close() }

    /// Returns the reply that accepted the mail. Throws `.smtpRefused` with the code when a command was answered 4xx or 5xx, and an
    /// error with `mayHaveBeenSent` when the connection was lost between the end of the message and the reply.
    package func send(_ mail: Mail, via server: SMTPServer) async throws(OutboundError) -> SMTPReply {
        try mail.check(maxBytes: Self.maxMailBytes)
        let target = try Self.check(server, under: policy)
        let job = SMTPJob(mail: mail, server: server, target: target)
        let result = await workers.run(timeoutMilliseconds: server.timeoutMilliseconds) { handle, remaining, cancellation in
            job.perform(on: handle, timeoutMilliseconds: remaining, cancellation: cancellation)
        }
        switch result {
        case .success(let reply): logger.debug("mail accepted", metadata: ["smtp.code": "\(reply.code)"])
        case .failure(let error): logger.debug("mail failed", metadata: ["outbound.error": "\(error)"])
        }
        return try result.get()
    }

    private static func check(_ server: SMTPServer, under policy: AddressPolicy) throws(OutboundError) -> OutboundTarget {
        let url = try server.url()
        let applied = policy.applied(to: server.host)
        guard applied.allowedPorts == nil || mailPorts.contains(server.port) else {
            throw .addressRefused("the port is not one of a mail server")
        }
        guard server.username == nil || server.security != .none || applied.allowPlainText else {
            throw .addressRefused("credentials would be sent without TLS")
        }
        return OutboundTarget(url: url, policy: applied)
    }
}

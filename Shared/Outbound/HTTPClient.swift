package import Logging

/// Sends HTTP requests to parties outside, under the limits of the security design: no redirects, no proxy, http and https
/// only, resolved addresses checked, answers bounded in bytes and time. Never sends a request with a body twice.
package final class HTTPClient: Sendable {
    /// The largest request body.
    package static let maxRequestBytes = 4 << 20

    private let policy: AddressPolicy
    private let limits: AnswerLimits
    private let userAgent: String
    private let caFile: String?
    private let transfers: HTTPLoop
    private let logger: Logger

    /// One thread, started on demand, carries out up to `maxConcurrent` requests side by side and keeps as many connections open for the
    /// next ones. `caFile` (PEM) replaces the system's certificate authorities.
    package init(
        policy: AddressPolicy, maxConcurrent: Int = 64, maxBodyBytes: Int = 65_536, maxHeaderBytes: Int = 16_384,
        userAgent: String = "Tocsin", caFile: String? = nil, logger: Logger
    ) {
        self.policy = policy
        limits = AnswerLimits(bodyBytes: maxBodyBytes, headerBytes: maxHeaderBytes)
        self.userAgent = userAgent
        self.caFile = caFile
        transfers = HTTPLoop(maxConcurrent: maxConcurrent)
        self.logger = logger
    }

    deinit { transfers.close() }

    /// Calls that wait for a free place right now.
    package var waitingRequests: Int { transfers.waitingJobs }

    /// Returns the answer, whatever its status. Cancelling the task ends the transfer at once.
    package func send(_ request: HTTPRequest) async throws(OutboundError) -> HTTPResponse {
        let target = try Self.check(request, under: policy)
        let job = HTTPJob(request: request, target: target, limits: limits, userAgent: userAgent, caFile: caFile)
        let result = await transfers.run(job, timeoutMilliseconds: request.timeoutMilliseconds)
        switch result {
        case .success(let response): logger.debug("request answered", metadata: ["http.status": "\(response.status)"])
        case .failure(let error): logger.debug("request failed", metadata: ["outbound.error": "\(error)"])
        }
        return try result.get()
    }

    /// Refuses what must not be sent before any name is looked up.
    private static func check(_ request: HTTPRequest, under policy: AddressPolicy) throws(OutboundError) -> OutboundTarget {
        guard request.body.count <= maxRequestBytes else { throw .tooLarge(limit: maxRequestBytes) }
        guard Header.isToken(request.method) else { throw .invalidRequest("the method is not a token") }
        guard request.headers.allSatisfy(\.isSendable) else {
            throw .invalidRequest("a header has a malformed name or a line break in its value")
        }
        let url = try CurlURL(request.url)
        let applied = policy.applied(to: url.host)
        guard url.scheme == "https" || (url.scheme == "http" && applied.allowPlainText) else {
            throw .addressRefused("only https is allowed")
        }
        if let ports = applied.allowedPorts, !ports.contains(url.port) { throw .addressRefused("the port is not allowed") }
        return OutboundTarget(url: request.url, policy: applied)
    }
}

/// How much of an answer is kept.
struct AnswerLimits: Sendable {
    var bodyBytes: Int
    var headerBytes: Int
}

/// A URL that passed the checks, with the rules for its host.
struct OutboundTarget: Sendable {
    var url: String
    var policy: AddressPolicy
}

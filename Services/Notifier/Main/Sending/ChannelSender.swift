import Delivery
import Logging
import Outbound

/// The shell around the channels: hands a rendered message to the border and its answer back. Decides nothing.
struct ChannelSender: Sendable {
    /// A provider's list of messages is longer than its answer to one: 64 KB would cut it.
    private static let maxLookUpBytes = 1 << 20
    private static let maxLookUps = 4

    private let http: HTTPClient
    private let lookUps: HTTPClient
    private let smtp: SMTPClient

    init(policy: AddressPolicy, maxInFlight: Int, logger: Logger) {
        http = HTTPClient(policy: policy, maxConcurrent: maxInFlight, logger: logger)
        lookUps = HTTPClient(policy: policy, maxConcurrent: Self.maxLookUps, maxBodyBytes: Self.maxLookUpBytes, logger: logger)
        smtp = SMTPClient(policy: policy, maxConcurrent: min(maxInFlight, 16), logger: logger)
    }

    func send(_ message: OutboundMessage) async -> ProviderAnswer { await send(message, by: http) }

    /// Looks up a message in doubt.
    func ask(_ question: OutboundMessage) async -> ProviderAnswer { await send(question, by: lookUps) }

    private func send(_ message: OutboundMessage, by http: HTTPClient) async -> ProviderAnswer {
        do {
            switch message {
            case .http(let message):
                let response = try await http.send(HTTPRequest(message))
                return .http(
                    status: response.status, headers: response.headers.map { .init($0.name, $0.value) }, body: response.body)
            case .mail(let mail, let server):
                let reply = try await smtp.send(Mail(mail), via: SMTPServer(server))
                return .mail(code: reply.code, text: reply.text)
            }
        } catch {
            return .failure(
                SendFailure(code: error.code.description, mayHaveBeenSent: error.mayHaveBeenSent, smtpCode: error.smtpCode))
        }
    }
}

extension HTTPRequest {
    fileprivate init(_ message: HTTPMessage) {
        self.init(
            method: message.method, url: message.url, headers: message.headers.map { Header($0.name, $0.value) }, body: message.body,
            timeoutMilliseconds: message.timeoutMilliseconds)
    }
}

extension Mail {
    fileprivate init(_ mail: MailMessage) {
        self.init(from: mail.from, to: mail.to, messageID: mail.messageID, bytes: mail.bytes)
    }
}

extension SMTPServer {
    fileprivate init(_ server: MailServer) {
        let security: SMTPServer.Security =
            switch server.security {
            case .none: .none
            case .starttls: .startTLS
            case .tls: .tls
            }
        self.init(
            host: server.host, port: server.port, security: security, username: server.username, password: server.password,
            timeoutMilliseconds: server.timeoutMilliseconds, verifyCertificate: server.verifyCertificate)
    }
}

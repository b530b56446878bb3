import Delivery
import Logging
import Outbound

/// Sends one rendered message, as the notifier would.
struct MessageSender: Sendable {
    private let http: HTTPClient
    private let smtp: SMTPClient

    init(policy: AddressPolicy, logger: Logger) {
        http = HTTPClient(policy: policy, maxConcurrent: 1, logger: logger)
        smtp = SMTPClient(policy: policy, maxConcurrent: 1, logger: logger)
    }

    func send(_ message: OutboundMessage) async -> ProviderAnswer {
        do {
            switch message {
            case .http(let message):
                let response = try await http.send(
                    HTTPRequest(
                        method: message.method, url: message.url, headers: message.headers.map { Header($0.name, $0.value) },
                        body: message.body, timeoutMilliseconds: message.timeoutMilliseconds))
                return .http(status: response.status, headers: response.headers.map { .init($0.name, $0.value) }, body: response.body)
            case .mail(let mail, let server):
                let reply = try await smtp.send(
                    Mail(from: mail.from, to: mail.to, messageID: mail.messageID, bytes: mail.bytes), via: SMTPServer(server))
                return .mail(code: reply.code, text: reply.text)
            }
        } catch {
            return .failure(SendFailure(code: error.code.description, mayHaveBeenSent: error.mayHaveBeenSent, smtpCode: error.smtpCode))
        }
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

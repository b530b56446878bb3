package import Models

/// Mail by SMTP: text and HTML, one thread an incident.
package struct EmailChannel: Channel {
    package static let type = "email"
    package static let summary = "Mail through an SMTP server"
    private static let hostField = ChannelField("host", required: true, "Name or address of the mail server.")
    private static let portField = ChannelField("port", kind: .integer(1...65_535), default: "587", "Its port.")
    private static let securityField = ChannelField(
        "security", kind: .choice(MailServer.Security.allCases.map(\.rawValue)), default: "starttls",
        "starttls (port 587, required of the server), tls (port 465) or none.")
    private static let usernameField = ChannelField("username", "Account on the mail server; none: no login.")
    private static let passwordField = ChannelField("password", secret: true, "Its password.")
    private static let verifyField = ChannelField(
        "verifyCertificate", kind: .flag, default: "true", "false accepts any certificate: for tests only.")
    private static let fromField = ChannelField("from", required: true, "Address that mails come from.")
    private static let toField = ChannelField("to", kind: .list, required: true, "Addresses that mails go to.")
    package static let fields = [hostField, portField, securityField, usernameField, passwordField, verifyField, fromField, toField]
    /// Some mailboxes drop a second mail with the same Message-ID, many show it: two copies are the most that anybody gets.
    package static let traits = ChannelTraits(doubt: .resendOnce, pace: Pace(perMinute: 300, burst: 10))

    private let server: MailServer
    private let from: String
    private let to: [String]

    package init(settings: inout ChannelSettings) {
        let username = settings.optionalText(Self.usernameField)
        let password = settings.optionalText(Self.passwordField)
        if (username == nil) != (password == nil) { settings.fault(Self.passwordField, "username and password go together") }
        server = MailServer(
            host: settings.text(Self.hostField), port: settings.integer(Self.portField),
            security: settings.choice(Self.securityField) ?? .starttls, username: username, password: password,
            verifyCertificate: settings.flag(Self.verifyField))
        from = settings.text(Self.fromField)
        to = settings.list(Self.toField)
        if !from.isEmpty, !MailAddress.isValid(from) { settings.fault(Self.fromField, "is not a mail address") }
        if !to.allSatisfy(MailAddress.isValid) { settings.fault(Self.toField, "holds something that is not a mail address") }
    }

    package static func parts(for kind: IncidentEvent.Kind, hasThread: Bool) -> [DeliveryPart] { kind == .updated ? [] : [.main] }

    package func render(_ context: DeliveryContext) -> OutboundMessage {
        let text = MailText(context: context, from: from, to: to)
        return .mail(MailMessage(from: from, to: to, messageID: text.messageID, bytes: text.bytes), via: server)
    }

    /// Only the reply to the end of the message means accepted; refusals come as failures with their code.
    package func classify(_ answer: ProviderAnswer, to context: DeliveryContext) -> Outcome {
        switch answer {
        case .failure(let failure): return failure.outcome
        case .http: return .permanent(Refusal(.internalFault))
        case .mail(let code, _):
            switch code {
            case 200...299:
                let id = MailText(context: context, from: from, to: to).messageID
                return .delivered(providerID: id, threadReference: context.threadReference == nil ? id : nil)
            case 500...599: return .permanent(Refusal(.rejected, status: code))
            default: return .retry(afterSeconds: nil, Refusal(.serverError, status: code))
            }
        }
    }
}

enum MailAddress {
    /// A dot-atom address in ASCII (RFC 5321 section 4.1.2), without quoting, at most 254 bytes.
    static func isValid(_ text: String) -> Bool {
        let halves = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, halves.count == 2, (1...64).contains(halves[0].count), !halves[1].isEmpty else { return false }
        return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[],;:\\\"".utf8.contains($0) }
    }

    static func domain(_ text: String) -> String { text.split(separator: "@").last.map(String.init) ?? "localhost" }
}

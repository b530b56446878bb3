import HTTPTypes
import Store

/// Names a signed-in browser: 256 random bits, base64url. Only its SHA-256 is stored.
struct SessionToken: Sendable, Hashable {
    static let characters = 43

    let text: String

    /// nil when the text cannot be one of ours.
    init?(_ text: String) {
        guard text.utf8.count == Self.characters, text.utf8.allSatisfy(Self.alphabet.contains) else { return nil }
        self.text = text
    }

    private init(drawn text: String) { self.text = text }

    static func random() -> SessionToken {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<characters).map { _ in alphabet[Int(generator.next() & 63)] }
        return SessionToken(drawn: String(decoding: bytes, as: UTF8.self))
    }

    var hash: [UInt8] { AccessToken(text).hash }

    /// What the session's own forms carry. It follows from the cookie, which other sites can neither read nor guess.
    var formToken: String { Base64URL.encode(AccessToken("tocsin form " + text).hash) }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}

/// The cookie that holds the session.
struct SessionCookie: Sendable {
    let isSecure: Bool

    /// `__Host-` binds the cookie to this very host; browsers take that only with TLS.
    var name: String { isSecure ? "__Host-tocsin_session" : "tocsin_session" }

    private var attributes: String { "Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "") }

    func read(_ headers: HTTPFields) -> SessionToken? {
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let halves = pair.split(separator: "=", maxSplits: 1)
                guard halves.count == 2, halves[0].drop(while: { $0 == " " }) == name else { continue }
                return SessionToken(String(halves[1].prefix { $0 != " " }))
            }
        }
        return nil
    }

    func set(_ token: SessionToken, hours: Int) -> String { "\(name)=\(token.text); Max-Age=\(hours * 3600); \(attributes)" }

    var cleared: String { "\(name)=; Max-Age=0; \(attributes)" }
}

import Crypto

/// A secret that a sender or an API client shows: `tk_ingest_<43 characters base64url>`, 256 random bits. Only its SHA-256 is stored;
/// a plain hash is enough for a secret that nobody can guess.
package struct AccessToken: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case ingest, api
    }

    /// The token itself. Shown once, never stored or logged.
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func random(_ kind: Kind) -> AccessToken {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let characters = (0..<43).map { _ in alphabet[Int(generator.next() & 63)] }
        return AccessToken("tk_\(kind.rawValue)_" + String(characters))
    }

    /// SHA-256, 32 bytes.
    package var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// The first characters, enough to recognise a key in a list and useless to an attacker.
    package var prefix: String { String(text.prefix(14)) }
}

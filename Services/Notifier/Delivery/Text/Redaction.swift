/// Keeps what must stay private out of texts that people other than the owner see: logs, errors, the ledger.
package enum Redaction {
    package static let mask = "********"
    /// A shorter secret would make every text unreadable.
    private static let minSecretBytes = 4

    /// The text without the given secrets, with URLs cut after their host and mail addresses masked.
    package static func redact(_ text: String, secrets: [String] = []) -> String {
        var text = text
        for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) where secret.utf8.count >= minSecretBytes {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: mask)
        }
        return text.split(separator: " ", omittingEmptySubsequences: false).map(word).joined(separator: " ")
    }

    private static func word(_ word: Substring) -> String {
        if let scheme = word.firstRange(of: "://") {
            let authority = word[scheme.upperBound...].prefix { !"/?#".contains($0) }
            let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
            let cut = authority.endIndex != word.endIndex || host.count != authority.count
            return word[..<scheme.upperBound] + host + (cut ? "/…" : "")
        }
        return word.contains("@") ? mask : String(word)
    }
}

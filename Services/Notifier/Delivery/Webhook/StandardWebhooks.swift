import Crypto
import FoundationEssentials

/// Signatures of Standard Webhooks, version 1 (symmetric).
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package enum StandardWebhooks {
    static let secretPrefix = "whsec_"
    /// Bytes of a key: section "Signature scheme".
    static let keyBytes = 24...64

    package struct Key: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        fileprivate let bytes: [UInt8]

        package var description: String { Redaction.mask }
        package var customMirror: Mirror { Mirror(self, children: [:]) }

        /// `whsec_` and base64. nil when it is anything else, or the key has not 24 to 64 bytes.
        package init?(_ text: String) {
            guard text.hasPrefix(secretPrefix), let data = Data(base64Encoded: String(text.dropFirst(secretPrefix.count))),
                keyBytes.contains(data.count)
            else { return nil }
            bytes = Array(data)
        }
    }

    /// The value of `webhook-signature`: one signature for each key, so that receivers may change theirs at leisure.
    /// - Parameter id: without a point.
    /// - Parameter seconds: Unix time of the attempt.
    package static func signature(id: String, seconds: Int64, body: [UInt8], keys: [Key]) -> String {
        let signed = Array("\(id).\(seconds).".utf8) + body
        return keys.map { key in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: key.bytes))
            return "v1," + Data(code).base64EncodedString()
        }.joined(separator: " ")
    }
}

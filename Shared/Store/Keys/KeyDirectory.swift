package import Models

/// A snapshot of the valid keys, for looking tokens up without a query: by hash, so that the look-up's timing tells nothing about a token.
package struct KeyDirectory: Sendable {
    private let byHash: [[UInt8]: AccessKey]

    package init(_ keys: [AccessKey]) {
        byHash = Dictionary(keys.map { ($0.tokenHash, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package var count: Int { byHash.count }

    /// nil: unknown, of another kind, expired or revoked.
    package func key(for token: AccessToken, kind: AccessToken.Kind, now: Timestamp) -> AccessKey? {
        guard let key = byHash[token.hash], key.kind == kind, key.isValid(at: now) else { return nil }
        return key
    }
}

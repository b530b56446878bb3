import ServiceKit
import HTTPTypes
import Models
import Store

/// Who asks: an API key, or a browser that signed in with one. Its team scopes every query.
struct Visitor: Sendable, Hashable {
    let teamID: TeamID
    let keyID: KeyID
    /// The key's name: who acts.
    let name: String
    /// Set for browsers.
    var session: SessionToken?

    var actor: Actor { Actor(kind: .key, name: name) }
}

extension Console {
    /// - Throws: 401 for a key that is missing, unknown, expired, revoked or no API key: the answer is the same for all. 429 for an
    ///   address that sent too many of these.
    func visitor(byKey headers: HTTPFields, from address: ClientAddress?) throws(ConsoleRefusal) -> Visitor {
        guard let directory = keys.current else { throw .notReady }
        guard let token = Self.bearer(headers[.authorization]), let key = directory.key(for: token, kind: .api, now: now) else {
            try limits.countStranger(address, now: now)
            throw .unauthorized
        }
        return Visitor(teamID: key.teamID, keyID: key.id, name: key.name)
    }

    /// nil: not signed in, or no longer. The session ends with its key.
    /// - Throws: 429 for an address that came with too many sessions that are not valid: each of them is a query.
    func visitor(bySession headers: HTTPFields, from address: ClientAddress?) async throws -> Visitor? {
        guard let session = SessionCookie(isSecure: config.isSecure).read(headers) else { return nil }
        try limits.checkStranger(address, now: now)
        let visitor = try await SessionStore.visitor(of: session, now: now, in: runtime.pool)
        if visitor == nil { try limits.countStranger(address, now: now) }
        return visitor
    }

    private static func bearer(_ header: String?) -> AccessToken? {
        guard let header, header.utf8.count <= 512 else { return nil }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return AccessToken(String(parts[1]))
    }
}

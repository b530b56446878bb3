import HTTPTypes
import Models
import ServiceKit

/// What a key may ask for, and what an address may that shows no valid key or session.
struct RequestLimits: Sendable {
    /// For the headers of an answer (draft-ietf-httpapi-ratelimit-headers-07).
    struct Standing: Sendable, Hashable {
        /// What the key may ask for at once.
        let limit: Int
        /// What is left of that.
        let remaining: Int
        /// Seconds until one more request passes; 0 while some are left.
        let resetSeconds: Int

        func add(to headers: inout HTTPFields) {
            for (name, value) in [("RateLimit-Limit", limit), ("RateLimit-Remaining", remaining), ("RateLimit-Reset", resetSeconds)] {
                if let name = HTTPField.Name(name) { headers[name] = String(value) }
            }
        }
    }

    private let keys: BucketTable<KeyID>
    private let strangers: BucketTable<ClientAddress>
    private let keyBurst: Int

    init(_ config: ConsoleConfig) {
        keys = BucketTable(perSecond: config.keyRequestsPerSecond, burst: config.keyBurst)
        strangers = BucketTable(perSecond: config.unauthorizedPerSecond, burst: config.unauthorizedBurst)
        keyBurst = config.keyBurst
    }

    /// Counts one request of a key, sent with it or in a session that began with it.
    /// - Throws: 429.
    func count(_ key: KeyID, now: Timestamp) throws(ConsoleRefusal) {
        if let seconds = keys.secondsToWait(key, now: now) { throw .rateLimited(seconds: seconds) }
    }

    func standing(of key: KeyID, now: Timestamp) -> Standing {
        Standing(
            limit: keyBurst, remaining: keys.left(key, now: now), resetSeconds: keys.secondsToWaitUntouched(key, now: now) ?? 0)
    }

    /// Before a look-up that costs something.
    /// - Throws: 429 for an address that was wrong too often.
    func checkStranger(_ address: ClientAddress?, now: Timestamp) throws(ConsoleRefusal) {
        guard let address, let seconds = strangers.secondsToWaitUntouched(address, now: now) else { return }
        throw .tooManyUnauthorized(seconds: seconds)
    }

    /// Counts a request whose key or session is not valid.
    /// - Throws: 429 instead of what it would have been answered.
    func countStranger(_ address: ClientAddress?, now: Timestamp) throws(ConsoleRefusal) {
        guard let address, let seconds = strangers.secondsToWait(address, now: now) else { return }
        throw .tooManyUnauthorized(seconds: seconds)
    }
}

import Models
import ServiceKit

/// What senders may send: a rate for each key, one for each team whatever the number of its keys, and one for each address that has no
/// valid key.
final class KeyLimits: Sendable {
    private let keys: BucketTable<KeyID>
    private let teams: BucketTable<TeamID>
    private let strangers: BucketTable<ClientAddress>

    init(_ config: GatewayConfig) {
        keys = BucketTable(perSecond: config.keyRequestsPerSecond, burst: config.keyBurst, most: .max)
        teams = BucketTable(perSecond: config.teamRequestsPerSecond, burst: config.teamBurst, most: .max)
        strangers = BucketTable(perSecond: config.unauthorizedPerSecond, burst: config.unauthorizedBurst)
    }

    /// - Returns: nil when the request may pass, else the seconds to wait and the setting that says so.
    func secondsToWait(_ sender: Sender, now: Timestamp) -> (seconds: Int, setting: String)? {
        // A key that is over its own rate must not use up its team's.
        if let seconds = keys.secondsToWait(sender.keyID, now: now) { return (seconds, "TOCSIN_GATEWAY_KEY_RATE_PER_S") }
        return teams.secondsToWait(sender.teamID, now: now).map { ($0, "TOCSIN_GATEWAY_TEAM_RATE_PER_S") }
    }

    /// For a request without a valid key. A good key from the same address is not slowed down.
    /// - Returns: nil when it is worth an ordinary answer, else the seconds to wait.
    func secondsToWait(stranger: ClientAddress?, now: Timestamp) -> Int? {
        stranger.flatMap { strangers.secondsToWait($0, now: now) }
    }

    /// Forgets the keys and teams that are no longer there.
    func keep(_ directory: SenderDirectory) {
        keys.keep(directory.keyIDs)
        teams.keep(directory.teamIDs)
    }
}

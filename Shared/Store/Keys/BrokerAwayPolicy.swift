/// What the gateway does with a key's alerts while the broker is away: `access_keys.when_broker_away`.
package enum BrokerAwayPolicy: String, Sendable, Hashable, CaseIterable {
    /// Keep them in its spool and answer 200.
    case spool
    /// Answer 503, so that the sender keeps them, or goes another way.
    case refuse
}

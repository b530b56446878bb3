import Models
import Store

/// Who sends: what an ingest key stands for.
struct Sender: Sendable, Hashable {
    let keyID: KeyID
    let teamID: TeamID
    /// The only source it may send for; nil: any.
    let source: String?
    let whenBrokerAway: BrokerAwayPolicy
    /// nil: until it is revoked.
    let expiresAt: Timestamp?

    /// Whether it may post to that source.
    func maySend(for source: String) -> Bool { self.source == nil || self.source == source }
}

/// A snapshot of the ingest keys and grouping rules. Tokens are looked up by their SHA-256, so that timing tells nothing about them.
struct SenderDirectory: Sendable {
    private let senders: [[UInt8]: Sender]
    private let rules: [TeamID: GroupingRules]

    /// - Parameter senders: by SHA-256 of their token.
    init(senders: [[UInt8]: Sender], rules: [TeamID: GroupingRules] = [:]) {
        self.senders = senders
        self.rules = rules
    }

    init(keys: [AccessKey], rules: [TeamID: GroupingRules]) {
        let valid = keys.filter { $0.kind == .ingest && $0.revokedAt == nil }
        let senders = valid.map { key in
            let sender = Sender(
                keyID: key.id, teamID: key.teamID, source: key.source, whenBrokerAway: key.whenBrokerAway, expiresAt: key.expiresAt)
            return (key.tokenHash, sender)
        }
        self.init(senders: Dictionary(senders, uniquingKeysWith: { first, _ in first }), rules: rules)
    }

    static func hash(_ token: String) -> [UInt8] { AccessToken(token).hash }

    /// nil: unknown, revoked or expired.
    func sender(token: String, now: Timestamp) -> Sender? {
        guard let sender = senders[Self.hash(token)], sender.expiresAt.map({ now < $0 }) ?? true else { return nil }
        return sender
    }

    func rules(of team: TeamID) -> GroupingRules { rules[team] ?? .standard }

    var keyIDs: Set<KeyID> { Set(senders.values.map(\.keyID)) }

    var teamIDs: Set<TeamID> { Set(senders.values.map(\.teamID)) }
}

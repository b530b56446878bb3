import Delivery
import Models

/// A channel as it is now, with the time since when it was routed like that.
struct VerifiedChannel: Sendable, Hashable {
    let id: ChannelID
    let name: String
    /// nil: its route cannot be read, and the notifier sends it nothing.
    let route: ChannelRoute?
    let isEnabled: Bool
    /// Neither switch nor route has changed since.
    let routedSince: Timestamp
}

/// A row of the ledger, without what it says.
struct LedgerEntry: Sendable, Hashable {
    let id: DeliveryID
    let incidentID: IncidentID
    let sequence: Int64
    let channelID: ChannelID
    let channelType: String
    let part: Int
    let kind: String
    let state: String
    let resends: Int
    let nextAttemptAt: Timestamp
    let reason: String?
    let createdAt: Timestamp
    let finishedAt: Timestamp?
}

/// The ledger of one incident, indexed for planning.
struct Ledger: Sendable {
    private let bySequence: [Int64: [LedgerEntry]]
    private var firstTold: [ChannelID: Int64] = [:]
    private var latest: [ChannelID: Int64] = [:]

    init(_ entries: [LedgerEntry]) {
        bySequence = Dictionary(grouping: entries, by: \.sequence)
        for entry in entries {
            latest[entry.channelID] = max(latest[entry.channelID] ?? 0, entry.sequence)
            guard entry.part == DeliveryPart.main.number, entry.state != "suppressed" else { continue }
            firstTold[entry.channelID] = min(firstTold[entry.channelID] ?? .max, entry.sequence)
        }
    }

    func entries(of sequence: Int64) -> [LedgerEntry] { bySequence[sequence] ?? [] }

    /// Whether the channel had been told of the incident before that event, by what the ledger still says.
    func hasTold(_ channel: ChannelID, before sequence: Int64) -> Bool { firstTold[channel].map { $0 < sequence } ?? false }

    func hasEntry(of channel: ChannelID, after sequence: Int64) -> Bool { latest[channel].map { $0 > sequence } ?? false }
}

/// Plans each event again, with the notifier's own code, and compares the ledger with that.
struct DeliveryCheck: Sendable {
    /// Events so close to a change of the channel may have been planned with the route before: seconds, for the clocks' differences.
    static let marginSeconds = 2

    let channels: [VerifiedChannel]
    let registry: ChannelRegistry
    let team: String

    /// - Parameter handled: sequence of the last event that the notifier has handled.
    func examine(_ event: IncidentEvent, _ ledger: Ledger, handled: Int64) -> Findings {
        var findings = Findings()
        let entries = ledger.entries(of: event.sequence)
        for (place, rows) in Dictionary(grouping: entries, by: { Place(channel: $0.channelID, part: $0.part) }) where rows.count > 1 {
            findings.add(
                .deliveries, .duplicate, "two_rows", id: id(event, place), team: team, "the ledger has \(rows.count) rows of this message")
        }
        for entry in entries { examine(entry, event, &findings) }
        if event.sequence <= handled {
            for channel in channels { compare(channel, event, ledger, &findings) }
        } else if !channels.isEmpty {
            findings.note(.deliveries, .pending, state: "not_planned_yet")
        }
        return findings
    }

    /// A row whose event does not exist.
    func phantom(_ entry: LedgerEntry) -> Finding {
        Finding(
            check: .deliveries, status: .phantom, reason: "no_event", id: "\(entry.id)", team: team,
            detail: "a message of \(entry.incidentID)/\(entry.sequence), which is not in the event log")
    }

    private struct Place: Hashable {
        let channel: ChannelID
        let part: Int
    }

    /// The key of the ledger: incident, sequence, channel, part.
    private func id(_ event: IncidentEvent, _ place: Place) -> String { "\(event.id)/\(place.channel)/\(place.part)" }

    private func compare(_ channel: VerifiedChannel, _ event: IncidentEvent, _ ledger: Ledger, _ findings: inout Findings) {
        let rows = ledger.entries(of: event.sequence).filter { $0.channelID == channel.id }
        let planned = plan(event, channel, ledger)
        let isSame = event.at > channel.routedSince.adding(seconds: Self.marginSeconds)
        for part in planned where !rows.contains(where: { $0.part == part.number }) {
            // Overtaken by another event of its batch, a change of a message that is edited in place gets no row.
            if event.kind == .updated, ledger.hasEntry(of: channel.id, after: event.sequence) { continue }
            let place = id(event, Place(channel: channel.id, part: part.number))
            if isSame {
                findings.add(
                    .deliveries, .lost, "no_row", id: place, team: team,
                    "channel \(channel.name) should have been told: \(event.kind.rawValue)")
            } else {
                findings.add(
                    .deliveries, .notChecked, "channel_changed", id: place, team: team,
                    "channel \(channel.name) is as it is only since \(channel.routedSince.rfc3339)")
            }
        }
        guard planned.isEmpty, isSame, channel.isEnabled, channel.route != nil, event.kind != .updated else { return }
        for row in rows {
            findings.add(
                .deliveries, .phantom, "not_routed", id: "\(row.id)", team: team, "channel \(channel.name) has no business with \(event.id)"
            )
        }
    }

    /// The messages that this event makes for the channel as it is now. What the plan decides about when is left aside.
    private func plan(_ event: IncidentEvent, _ channel: VerifiedChannel, _ ledger: Ledger) -> [DeliveryPart] {
        guard channel.isEnabled, let route = channel.route else { return [] }
        var history = DeliveryHistory()
        if ledger.hasTold(channel.id, before: event.sequence) {
            history.told[Conversation(event.incident.id, channel.id)] = DeliveryHistory.Told(kind: .opened, isHeld: false)
        }
        return DeliveryPlan.plan([event], routes: [route], history: history, registry: registry, now: event.at).deliveries.map(\.part)
    }

    private func examine(_ entry: LedgerEntry, _ event: IncidentEvent, _ findings: inout Findings) {
        if entry.kind != event.kind.rawValue {
            findings.add(
                .deliveries, .wrong, "kind", id: "\(entry.id)", team: team, "tells of \(entry.kind), the event is \(event.kind.rawValue)")
            return
        }
        let place = "of \(event.id)"
        switch entry.state {
        case "sent" where entry.resends == 0: findings.note(.deliveries, .ok, state: "sent")
        case "sent" where registry.type(entry.channelType)?.traits.doubt == .resend:
            findings.note(.deliveries, .repeated, state: "sent")
        case "sent":
            findings.add(
                .deliveries, .inDoubt, "sent_again", id: "\(entry.id)", team: team,
                "\(place): sent again \(entry.resends) times after an attempt that may have arrived")
        case "suppressed": findings.note(.deliveries, .ok, state: "suppressed_\(entry.reason ?? "unknown")")
        case "in_doubt":
            findings.add(
                .deliveries, .inDoubt, "in_doubt", id: "\(entry.id)", team: team, "\(place): \(entry.reason ?? "it may have arrived")")
        case "dead":
            findings.add(.deliveries, .setAside, "dead", id: "\(entry.id)", team: team, "\(place): \(entry.reason ?? "given up")")
        case "pending", "sending":
            findings.add(
                .deliveries, .pending, entry.state, id: "\(entry.id)", team: team, "\(place): due at \(entry.nextAttemptAt.rfc3339)")
        default: findings.add(.deliveries, .wrong, "state", id: "\(entry.id)", team: team, "\(place): the state \(entry.state) is unknown")
        }
    }
}

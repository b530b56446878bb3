import Delivery
import FoundationEssentials
import Grouping
import Models

/// The teams of the simulated world: each lives by other settings.
struct Team {
    let id: TeamID
    let policy: TeamPolicy
    let channels: [ChannelRow]

    private static func id<Subject>(_ kind: UInt8, _ number: UInt8) -> Identifier<Subject> {
        Identifier(UUID(uuid: (kind, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, number)))
    }

    private static func channel(_ number: UInt8, team: UInt8, _ type: String, minSeverity: Severity = .low) -> ChannelRow {
        ChannelRow(
            route: ChannelRoute(channelID: id(2, number), teamID: id(1, team), type: type, minSeverity: minSeverity),
            config: Array((configs[type] ?? "{}").utf8))
    }

    private static let configs = [
        "slack": #"{"url":"https://hooks.slack.com/services/T0/B0/simulated"}"#,
        "slack-bot": #"{"token":"xoxb-simulated","channel":"C0123456789"}"#,
        "webhook": #"{"url":"https://hooks.example.com/in/simulated","secret":["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]}"#,
    ]

    static let all = [
        Team(
            id: id(1, 1),
            policy: TeamPolicy(settings: TeamSettings(resolveHoldSeconds: 0, reopenWindowSeconds: 60)),
            channels: [channel(1, team: 1, "webhook"), channel(2, team: 1, "slack")]),
        Team(
            id: id(1, 2),
            policy: TeamPolicy(settings: TeamSettings(resolveHoldSeconds: 15, reopenWindowSeconds: 600)),
            channels: [channel(3, team: 2, "webhook"), channel(4, team: 2, "slack-bot")]),
        Team(
            id: id(1, 3),
            policy: TeamPolicy(
                settings: TeamSettings(resolveHoldSeconds: 0, reopenWindowSeconds: 0),
                rules: GroupingRules([GroupingRule(by: ["service"], windowSeconds: 30)])),
            channels: [channel(5, team: 3, "webhook", minSeverity: .high)]),
    ]
}

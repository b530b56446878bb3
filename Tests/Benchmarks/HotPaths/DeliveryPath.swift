import Delivery
import FoundationEssentials
import Models

/// Who is told of the events of a batch: ten incidents of twenty events each, four channels.
enum DeliveryPath {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let team = TeamID(UUID(uuid: (1, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1)))
    private static let types = ["slack", "slack-bot", "webhook", "email"]

    static func plan() throws -> HotPath {
        let registry = try ChannelRegistry()
        let events = (0..<10).flatMap { life(of: UInt8($0)) }
        let routes = types.enumerated().map { place, type in
            ChannelRoute(
                channelID: ChannelID(UUID(uuid: (3, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, UInt8(place)))), teamID: team,
                type: type,
                minSeverity: .low, matchers: [LabelMatcher("service=~checkout.*")].compactMap { $0 }, kinds: [])
        }
        return HotPath("delivery-plan", events.count, "event") {
            let plan = DeliveryPlan.plan(events, routes: routes, history: DeliveryHistory(), registry: registry, now: now)
            // Most updates are told to nobody: the deliveries alone are fewer than the events.
            return plan.deliveries.count + events.count
        }
    }

    private static func life(of number: UInt8) -> [IncidentEvent] {
        let incident = Incident(
            id: IncidentID(UUID(uuid: (2, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, number))), teamID: team, number: Int64(number),
            title: "Disk full on db-1", description: "Only 2 % left.", status: .open, severity: .critical,
            groupingKey: GroupingKey("service=checkout-\(number)"), labels: ["service": "checkout-\(number)", "alertname": "DiskFull"],
            createdAt: now, updatedAt: now, alertCount: 3, firingCount: 2, sequence: 0)
        var events = [incident.opened(by: .system("alert-grouper"), at: now, change: .init(alertsFired: 2))]
        for _ in 1..<20 {
            let last = events[events.count - 1]
            events.append(
                last.incident.updated(by: .system("alert-grouper"), at: now, change: .init(alertsFired: 1)) { $0.alertCount += 1 })
        }
        return events
    }
}

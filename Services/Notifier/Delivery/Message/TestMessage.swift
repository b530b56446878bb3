package import Models

/// The message of `tocsin channels test`: an incident that exists nowhere.
package enum TestMessage {
    /// - Parameter requestedBy: who asks, shown in the message.
    package static func event(team: TeamID, channelName: String, requestedBy: Actor, now: Timestamp) -> IncidentEvent {
        let incident = Incident(
            id: .random(), teamID: team, number: 0, title: "Test message for the channel \(channelName)",
            description: "If you can read this, Tocsin reaches you here. Nothing is wrong.", status: .open, severity: .low,
            groupingKey: GroupingKey("tocsin-test"), labels: ["alertname": "TocsinTest", "service": "tocsin"], createdAt: now,
            updatedAt: now, alertCount: 1, firingCount: 1, sequence: 1)
        return IncidentEvent(kind: .opened, at: now, actor: requestedBy, incident: incident)
    }
}

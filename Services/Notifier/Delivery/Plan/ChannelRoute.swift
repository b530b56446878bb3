package import Models

/// Which events a team's channel wants to hear of.
package struct ChannelRoute: Sendable, Hashable {
    package let channelID: ChannelID
    package let teamID: TeamID
    /// Registry id, `slack`.
    package let type: String
    package let minSeverity: Severity
    /// All must match the incident's labels.
    package let matchers: [LabelMatcher]
    /// Empty: every kind that the channel type tells of.
    package let kinds: [IncidentEvent.Kind]

    package init(
        channelID: ChannelID, teamID: TeamID, type: String, minSeverity: Severity = .low, matchers: [LabelMatcher] = [],
        kinds: [IncidentEvent.Kind] = []
    ) {
        self.channelID = channelID
        self.teamID = teamID
        self.type = type
        self.minSeverity = minSeverity
        self.matchers = matchers
        self.kinds = kinds
    }

    /// What an event is to this channel; nil: none of its business. An incident whose severity rises to the channel's is as new to it as one
    /// that opens.
    func kind(of event: IncidentEvent) -> IncidentEvent.Kind? {
        let incident = event.incident
        guard incident.teamID == teamID, incident.severity >= minSeverity, matchers.allSatisfy({ $0.matches(incident.labels) }) else {
            return nil
        }
        let isNews = event.kind == .updated && event.change.previousSeverity.map { $0 < minSeverity } ?? false
        let kind = isNews ? .opened : event.kind
        return kinds.isEmpty || kinds.contains(kind) ? kind : nil
    }
}

/// An incident in a channel.
package struct Conversation: Sendable, Hashable, Comparable {
    package let incidentID: IncidentID
    package let channelID: ChannelID

    package init(_ incidentID: IncidentID, _ channelID: ChannelID) {
        self.incidentID = incidentID
        self.channelID = channelID
    }

    package static func < (left: Conversation, right: Conversation) -> Bool {
        (left.incidentID, left.channelID) < (right.incidentID, right.channelID)
    }
}

/// What has been before: all that planning needs of the ledger and the event log.
package struct DeliveryHistory: Sendable {
    /// The latest main message of a conversation that was not suppressed.
    package struct Told: Sendable, Hashable {
        package let kind: IncidentEvent.Kind
        /// It is a resolution that still waits whether the incident comes back.
        package let isHeld: Bool

        package init(kind: IncidentEvent.Kind, isHeld: Bool) {
            self.kind = kind
            self.isHeld = isHeld
        }
    }

    package var told: [Conversation: Told]
    /// When the incidents reopened, by sequence of the event; at least those of the last hour before the events to be planned.
    package var reopenings: [IncidentID: [Int64: Timestamp]]
    /// How things are now; at least the incidents of events that are too old to be told as they were.
    package var current: [IncidentID: Incident]

    package init(
        told: [Conversation: Told] = [:], reopenings: [IncidentID: [Int64: Timestamp]] = [:], current: [IncidentID: Incident] = [:]
    ) {
        self.told = told
        self.reopenings = reopenings
        self.current = current
    }

    /// Reopenings in the hour that ends with this event, itself included.
    func reopenings(upTo event: IncidentEvent) -> Int {
        let start = event.at.adding(seconds: -DeliveryPlan.flapWindowSeconds)
        return (reopenings[event.incident.id] ?? [:]).count { $0.key <= event.sequence && $0.value > start }
    }
}

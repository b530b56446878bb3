package import Models

/// Everything a post-mortem is made of, as read from the database.
package struct PostMortemContext: Sendable, Hashable {
    /// One time that one alert fired.
    package struct AlertOccurrence: Sendable, Hashable {
        package var name: String
        package var severity: Severity
        package var labels: Labels
        package var startsAt: Timestamp
        package var endsAt: Timestamp?

        package init(name: String, severity: Severity, labels: Labels, startsAt: Timestamp, endsAt: Timestamp?) {
            self.name = name
            self.severity = severity
            self.labels = labels
            self.startsAt = startsAt
            self.endsAt = endsAt
        }
    }

    /// One message that was meant to go out.
    package struct Message: Sendable, Hashable {
        package var channel: String
        package var kind: String
        package var state: String
        package var at: Timestamp?

        package init(channel: String, kind: String, state: String, at: Timestamp?) {
            self.channel = channel
            self.kind = kind
            self.state = state
            self.at = at
        }
    }

    /// Alerts beyond this number are counted, not listed.
    package static let maxAlerts = 200
    /// Events beyond this number are counted, not listed: the first ones and the last ones stay.
    package static let maxEvents = 300

    package var teamName: String
    package var incident: Incident
    /// In sequence, from 1.
    package var events: [IncidentEvent]
    /// By start.
    package var alerts: [AlertOccurrence]
    package var messages: [Message]

    package init(teamName: String, incident: Incident, events: [IncidentEvent], alerts: [AlertOccurrence], messages: [Message]) {
        self.teamName = teamName
        self.incident = incident
        self.events = events
        self.alerts = alerts
        self.messages = messages
    }
}

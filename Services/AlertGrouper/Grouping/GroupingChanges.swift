package import Models

/// What a batch changes. Everything is sorted by key, so that writers lock rows in one order.
package struct GroupingChanges: Sendable, Hashable {
    /// Rows to insert: at most one for each alert.
    package var newAlerts: [Alert] = []
    /// Rows to replace: at most one for each alert.
    package var changedAlerts: [Alert] = []
    /// History rows to insert; of a row that exists only incident, severity and end are new.
    package var occurrences: [Occurrence] = []
    /// In order of sequence within each incident.
    package var events: [IncidentEvent] = []
    package var signals: [SignalOutcome: Int] = [:]

    package init(events: [IncidentEvent] = [], signals: [SignalOutcome: Int] = [:]) {
        self.events = events
        self.signals = signals
    }

    package var alerts: [Alert] { newAlerts + changedAlerts }
    package var isEmpty: Bool { newAlerts.isEmpty && changedAlerts.isEmpty && events.isEmpty }

    /// Events of one kind, for the counters.
    package func count(of kind: IncidentEvent.Kind) -> Int { events.count { $0.kind == kind } }
}

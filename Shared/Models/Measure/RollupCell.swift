/// Which incidents a cell of the rollup counts: those of one team, service and severity that opened on one UTC day.
package struct RollupKey: Sendable, Hashable, Comparable {
    package var teamID: TeamID
    /// `2026-11-21`
    package var day: String
    /// Value of the label `service`; empty when there is none.
    package var service: String
    package var severity: Severity

    package init(teamID: TeamID, day: String, service: String, severity: Severity) {
        self.teamID = teamID
        self.day = day
        self.service = service
        self.severity = severity
    }

    package static func < (left: RollupKey, right: RollupKey) -> Bool {
        (left.teamID, left.day, left.service, left.severity) < (right.teamID, right.day, right.service, right.severity)
    }
}

/// What a cell of the rollup holds; also a difference between two states of it.
package struct RollupCell: Sendable, Hashable {
    /// Samples, their sum and their distribution.
    package struct Durations: Sendable, Hashable {
        package var samples: Int64
        package var milliseconds: Int64
        package var histogram: DurationHistogram

        package init(samples: Int64 = 0, milliseconds: Int64 = 0, histogram: DurationHistogram = DurationHistogram()) {
            self.samples = samples
            self.milliseconds = milliseconds
            self.histogram = histogram
        }

        package mutating func add(milliseconds duration: Int64, times: Int64) {
            samples += times
            milliseconds += duration * times
            histogram.add(milliseconds: duration, times: times)
        }

        package mutating func merge(_ other: Durations) {
            samples += other.samples
            milliseconds += other.milliseconds
            histogram.merge(other.histogram)
        }

        /// Mean in milliseconds; nil without samples.
        package var mean: Double? { samples > 0 ? Double(milliseconds) / Double(samples) : nil }
    }

    /// Incidents by what they are now.
    package var open: Int64
    package var acknowledged: Int64
    package var resolved: Int64
    /// From opening to the first acknowledgement by somebody; incidents that nobody acknowledged are not in it.
    package var timeToAcknowledge: Durations
    /// From opening to the resolution in force.
    package var timeToResolve: Durations

    package init(
        open: Int64 = 0, acknowledged: Int64 = 0, resolved: Int64 = 0, timeToAcknowledge: Durations = Durations(),
        timeToResolve: Durations = Durations()
    ) {
        self.open = open
        self.acknowledged = acknowledged
        self.resolved = resolved
        self.timeToAcknowledge = timeToAcknowledge
        self.timeToResolve = timeToResolve
    }

    package var incidents: Int64 { open + acknowledged + resolved }

    package mutating func merge(_ other: RollupCell) {
        open += other.open
        acknowledged += other.acknowledged
        resolved += other.resolved
        timeToAcknowledge.merge(other.timeToAcknowledge)
        timeToResolve.merge(other.timeToResolve)
    }
}

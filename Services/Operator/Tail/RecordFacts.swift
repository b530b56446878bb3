import Kafka
import Models

/// Decodes each topic's records into a word and a line of facts.
enum RecordFacts {
    private static let maxUnknownBytes = 300

    static func of(_ record: IncomingRecord) throws(RecordError) -> (word: String, facts: String) {
        switch record.topic {
        case Topic.signals.name: return signal(try Signal(decoding: record.value))
        case Topic.commands.name: return command(try IncidentCommand(decoding: record.value))
        case Topic.incidents.name: return event(try IncidentEvent(decoding: record.value))
        case Topic.notifications.name: return notification(try NotificationRecord(decoding: record.value))
        case Topic.documents.name: return document(try DocumentRecord(decoding: record.value))
        case Topic.deadletter.name: return deadLetter(record)
        default:
            // Topics without a model of their own yet: whatever JSON they hold.
            _ = try RecordReader(record.value)
            return ("", String(decoding: record.value.prefix(maxUnknownBytes), as: UTF8.self))
        }
    }

    private static func signal(_ signal: Signal) -> (String, String) {
        let name = signal.labels["alertname"] ?? signal.fingerprint.text
        return (
            signal.status.rawValue,
            "\(signal.severity.rawValue) \(name) {\(signal.groupingKey)} from \(signal.source) since \(signal.startsAt.rfc3339)"
        )
    }

    private static func command(_ command: IncidentCommand) -> (String, String) {
        ("", "\(command.action.rawValue) incident \(command.incidentID) by \(command.actor)" + suffix(" for ", command.assigneeID))
    }

    private static func event(_ event: IncidentEvent) -> (String, String) {
        let incident = event.incident
        return (
            incident.severity.rawValue,
            "#\(incident.number) \(incident.status.rawValue) \"\(incident.title)\" \(incident.firingCount)/\(incident.alertCount) firing"
                + " by \(event.actor)" + suffix(": ", event.change.reason) + " (\(event.id))"
        )
    }

    private static func notification(_ record: NotificationRecord) -> (String, String) {
        (
            record.state.rawValue,
            "\(record.channelType) \(record.channelID) incident \(record.incidentID)/\(record.sequence), attempt \(record.attempts)"
                + suffix(", provider id ", record.providerID) + suffix(": ", record.reason)
        )
    }

    private static func document(_ record: DocumentRecord) -> (String, String) {
        (
            record.state.rawValue,
            "\(record.documentKind) version \(record.version) \"\(record.title)\" by \(record.publisher): \(record.detail)"
        )
    }

    private static func deadLetter(_ record: IncomingRecord) -> (String, String) {
        func header(_ name: String) -> String { record.header("tocsin_\(name)") ?? "?" }
        let place = "\(header("origin_topic"))[\(header("origin_partition"))]@\(header("origin_offset"))"
        return ("dead", "\(place) of \(header("consumer_group")), \(record.value.count) bytes: \(header("reason"))")
    }

    private static func suffix(_ words: String, _ text: String?) -> String { text.map { words + $0 } ?? "" }
}

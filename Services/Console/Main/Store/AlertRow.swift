import FoundationEssentials
import Models
import Postgres
import Store

/// One alert as it is now, or one time that it fired.
struct AlertRow: Sendable, Hashable {
    let id: UUID
    let fingerprint: String
    let source: String
    /// `firing` or `resolved`
    let status: String
    let severity: Severity
    let startsAt: Timestamp
    let endsAt: Timestamp?
    let labels: Labels
    let annotations: Labels
    let generatorURL: String?
    let incidentID: IncidentID?
    let incidentNumber: Int64?
    /// The how manieth time it fires.
    let occurrence: Int
    let repeats: Int64
    let lastSeenAt: Timestamp
    let createdAt: Timestamp
    let updatedAt: Timestamp

    init(_ row: Row) throws {
        id = try row.uuid("id")
        fingerprint = try row.string("fingerprint")
        source = try row.string("source")
        status = try row.string("status")
        severity = try row.choice("severity")
        startsAt = try row.timestamp("starts_at")
        endsAt = try row.optionalTimestamp("ends_at")
        labels = try row.labels("labels")
        annotations = try row.labels("annotations")
        generatorURL = try row.optionalString("generator_url")
        incidentID = try row.optionalIdentifier("incident_id")
        incidentNumber = try row.optionalInt64("incident_number")
        occurrence = try row.int("occurrence")
        repeats = try row.int64("repeats")
        lastSeenAt = try row.timestamp("last_seen_at")
        createdAt = try row.timestamp("created_at")
        updatedAt = try row.timestamp("updated_at")
    }

    /// What people call it.
    var name: String { labels["alertname"] ?? fingerprint }
}

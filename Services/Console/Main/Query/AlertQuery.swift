import Models

/// What `GET /api/alerts` and the page of alerts ask for. Newest first.
struct AlertQuery: Sendable, Hashable {
    enum Status: String, Sendable, CaseIterable {
        case firing, resolved
    }

    /// Marks cursors of this list.
    static let cursorKind: UInt8 = 9

    var statuses: [String]?
    var incidentID: IncidentID?
    var page = PageRequest()

    static let parameters = PageRequest.parameters.union(["status", "incident_id"])

    init(_ query: FormText) throws(ConsoleRefusal) {
        let reader = try QueryReader(query, known: Self.parameters)
        statuses = try reader.choices("status", of: Status.self)
        if let text = query["incident_id"], !text.isEmpty {
            guard let id = IncidentID(text) else { throw .parameter("incident_id", "must be a UUID, as `id` of an incident has it") }
            incidentID = id
        }
        page = try PageRequest(reader, cursorKind: Self.cursorKind)
    }
}

/// What `GET /api/metrics` asks for.
struct MetricsQuery: Sendable, Hashable {
    static let defaultDays = 30
    static let maxDays = 1100

    /// `2026-11-21`, inclusive.
    let first: String
    let last: String
    let service: String?

    init(_ query: FormText, now: Timestamp) throws(ConsoleRefusal) {
        let reader = try QueryReader(query, known: ["from", "to", "service"])
        last = try reader.day("to", default: now.utcDay)
        let end = Timestamp(rfc3339: last + "T00:00:00Z") ?? now
        first = try reader.day("from", default: end.adding(seconds: -86_400 * (Self.defaultDays - 1)).utcDay)
        service = try reader.text("service", maxCharacters: 1024)
        guard let start = Timestamp(rfc3339: first + "T00:00:00Z"), start <= end else {
            throw .parameter("from", "must not be after to")
        }
        guard Int(end.seconds(since: start)) / 86_400 < Self.maxDays else {
            throw .parameter("from", "must be at most \(Self.maxDays) days before to; ask for less")
        }
    }
}

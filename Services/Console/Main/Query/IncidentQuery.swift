import Models

/// The allow-list of orders; newest first unless `-asc` is asked for.
enum IncidentOrder: UInt8, Sendable, CaseIterable {
    case createdDescending = 1
    case createdAscending = 2
    case updatedDescending = 3
    case updatedAscending = 4

    /// `created_at`, `created_at-desc`, `created_at-asc`, `created_at+asc` …; a `+` in a query arrives as a space.
    init?(_ text: String) {
        let column = text.prefix { $0.isLetter || $0 == "_" }
        var direction = text.dropFirst(column.count)
        if let mark = direction.first {
            guard "-+ ".contains(mark) else { return nil }
            direction = direction.dropFirst()
            guard direction == "asc" || direction == "desc" else { return nil }
        }
        let ascending = direction == "asc"
        switch column {
        case "created_at": self = ascending ? .createdAscending : .createdDescending
        case "updated_at": self = ascending ? .updatedAscending : .updatedDescending
        default: return nil
        }
    }

    func time(of incident: Incident) -> Timestamp {
        switch self {
        case .createdDescending, .createdAscending: incident.createdAt
        case .updatedDescending, .updatedAscending: incident.updatedAt
        }
    }
}

/// Which incidents of a team; nil: all.
struct IncidentFilter: Sendable, Hashable {
    static let maxSearchCharacters = 200

    var statuses: [String]?
    var severities: [String]?
    var assignee: String?
    var service: String?
    /// Part of the title, upper and lower case alike.
    var search: String?

    /// The search as a pattern of LIKE in which nothing of it is special.
    var pattern: String? {
        search.map { text in
            var pattern = "%"
            // By scalars: a % with an accent upon it is one character to Swift and still a % to PostgreSQL.
            for scalar in text.unicodeScalars {
                if scalar == "%" || scalar == "_" || scalar == "\\" { pattern.unicodeScalars.append("\\") }
                pattern.unicodeScalars.append(scalar)
            }
            return pattern + "%"
        }
    }
}

/// What `GET /api/incidents` and the page of incidents ask for.
struct IncidentQuery: Sendable, Hashable {
    var filter = IncidentFilter()
    var order = IncidentOrder.createdDescending
    var page = PageRequest()

    static let parameters = PageRequest.parameters.union(["status", "severity", "assignee", "service", "q", "order"])

    init(filter: IncidentFilter, order: IncidentOrder = .createdDescending, page: PageRequest) {
        self.filter = filter
        self.order = order
        self.page = page
    }

    init(_ query: FormText) throws(ConsoleRefusal) {
        let reader = try QueryReader(query, known: Self.parameters)
        filter.statuses = try reader.choices("status", of: Incident.Status.self)
        filter.severities = try reader.choices("severity", of: Severity.self)
        filter.assignee = try reader.text("assignee", maxCharacters: Incident.maxAssigneeCharacters)
        filter.service = try reader.text("service", maxCharacters: 1024)
        filter.search = try reader.text("q", maxCharacters: IncidentFilter.maxSearchCharacters)
        if let text = query["order"], !text.isEmpty {
            guard let order = IncidentOrder(text) else {
                throw .parameter("order", "must be created_at or updated_at, with -asc or -desc after it if need be")
            }
            self.order = order
        }
        page = try PageRequest(reader, cursorKind: order.rawValue)
    }
}

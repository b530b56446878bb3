package import Models

/// A choice of a form.
struct Option: Sendable {
    let value: String
    let name: String

    func slots(chosen: String) -> Slots { ["optionValue": value, "optionName": name, "isChosen": value == chosen] }
}

/// The links below a list; nil: no such page.
package struct Pager: Sendable {
    package var first: String?
    package var next: String?

    package init(first: String? = nil, next: String? = nil) {
        self.first = first
        self.next = next
    }

    var slots: Slots { ["hasFirst": first != nil, "firstPage": first ?? "", "hasNext": next != nil, "nextPage": next ?? ""] }
}

/// The incidents of a team, filtered.
package struct IncidentsPage: Sendable {
    /// The form as it was sent; empty: no filter.
    package struct Form: Sendable {
        package var search = ""
        package var status = ""
        package var severity = ""
        package var service = ""
        package var assignee = ""
        package var order = ""

        package init() {}

        var isEmpty: Bool { [search, status, severity, service, assignee, order].allSatisfy(\.isEmpty) }
    }

    package var frame: PageFrame
    package var now: Timestamp
    package var form: Form
    package var incidents: [Incident]
    package var total: Int
    package var pager: Pager

    package init(frame: PageFrame, now: Timestamp, form: Form, incidents: [Incident], total: Int, pager: Pager) {
        self.frame = frame
        self.now = now
        self.form = form
        self.incidents = incidents
        self.total = total
        self.pager = pager
    }

    private static let statuses =
        [Option(value: "", name: "All"), Option(value: "open,acknowledged", name: "Unresolved")]
        + Incident.Status.allCases.map { Option(value: $0.rawValue, name: Wording.status($0)) }

    private static let severities =
        [Option(value: "", name: "All")]
        + Severity.allCases.sorted(by: >).map { Option(value: $0.rawValue, name: Wording.severity($0)) }

    private static let orders = [
        Option(value: "", name: "Newest first"), Option(value: "created_at-asc", name: "Oldest first"),
        Option(value: "updated_at-desc", name: "Latest change first"), Option(value: "updated_at-asc", name: "Longest unchanged first"),
    ]

    var slots: Slots {
        var slots: Slots = [
            "search": form.search, "serviceFilter": form.service, "assigneeFilter": form.assignee, "isFiltered": !form.isEmpty,
            "statusOptions": Self.statuses.map { $0.slots(chosen: form.status) },
            "severityOptions": Self.severities.map { $0.slots(chosen: form.severity) },
            "orderOptions": Self.orders.map { $0.slots(chosen: form.order) }, "hasRows": !incidents.isEmpty,
            "found": Wording.count(total, "incident", "incidents"), "incidentRows": incidents.map { Pieces.row($0, now: now) },
        ]
        slots.merge(pager.slots) { first, _ in first }
        return slots
    }
}

extension Views {
    package func incidents(_ page: IncidentsPage) -> String { self.page(page.frame, .incidents, page.slots) }
}

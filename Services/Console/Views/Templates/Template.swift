/// The templates by name, for partials too.
enum Template: String, CaseIterable {
    case layout, signIn, overview, incidents, incident, alerts, message
    case incidentRow = "incident-row"
    case alertItem = "alert-item"
    case chart, moment, badges, pager

    var text: String {
        switch self {
        case .layout: Self.layoutText
        case .signIn: Self.signInText
        case .overview: Self.overviewText
        case .incidents: Self.incidentsText
        case .incident: Self.incidentText
        case .alerts: Self.alertsText
        case .message: Self.messageText
        case .incidentRow: Self.incidentRowText
        case .alertItem: Self.alertItemText
        case .chart: Self.chartText
        case .moment: #"<time datetime="{{machine}}" title="{{exact}}">{{ago}}</time>"#
        case .badges: Self.badgesText
        case .pager: Self.pagerText
        }
    }
}

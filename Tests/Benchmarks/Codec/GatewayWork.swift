import AlertSources
import Models

/// What the gateway does with a body, without HTTP and broker.
struct GatewayWork {
    let signals: [Signal]
    private let request: SourceRequest
    private let team = TeamID.random()
    private let rules = GroupingRules.standard

    init(body: [UInt8]) throws {
        request = SourceRequest(
            body: body, contentType: MediaType("application/json"), receivedAt: Timestamp(seconds: 1_800_000_000))
        let (team, rules, receivedAt) = (team, rules, request.receivedAt)
        signals = try Alertmanager.parse(request).map {
            $0.signal(source: Alertmanager.id, team: team, rules: rules, receivedAt: receivedAt, traceparent: nil)
        }
    }

    func parse() throws -> [ParsedAlert] { try Alertmanager.parse(request) }

    /// Body to the records of `tocsin.signals`, the whole of it.
    func facts() throws -> [Fact] {
        try Alertmanager.parse(request).map {
            try $0.fact(
                source: Alertmanager.id, team: team, rules: rules, receivedAt: request.receivedAt, traceparent: nil,
                limits: request.limits)
        }
    }
}

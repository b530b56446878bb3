import AlertSources
import FoundationEssentials
import Models

/// The gateway's way of a webhook, and the grouper's reading of what it wrote.
struct GatewayPaths {
    let signals: [Signal]
    private let request: SourceRequest
    private let records: [[UInt8]]
    private let team = TeamID(UUID(uuid: (1, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1)))

    init(body: [UInt8]) throws {
        request = SourceRequest(body: body, contentType: MediaType("application/json"), receivedAt: Timestamp(seconds: 1_800_000_000))
        let (team, receivedAt) = (team, request.receivedAt)
        signals = try Alertmanager.parse(request).map {
            $0.signal(source: Alertmanager.id, team: team, rules: .standard, receivedAt: receivedAt, traceparent: nil)
        }
        records = signals.map { $0.encode() }
    }

    var all: [HotPath] {
        [
            HotPath("webhook-to-alerts", signals.count, "alert") { try Alertmanager.parse(request).count },
            HotPath("webhook-to-records", signals.count, "alert") { try records(of: request) },
            HotPath("signal-to-record", signals.count, "alert") { signals.reduce(0) { $0 + $1.encode().count } },
            HotPath("record-to-signal", signals.count, "alert") { try records.reduce(0) { try $0 + Signal(decoding: $1).labels.count } },
        ]
    }

    private func records(of request: SourceRequest) throws -> Int {
        try Alertmanager.parse(request).map {
            try $0.fact(
                source: Alertmanager.id, team: team, rules: .standard, receivedAt: request.receivedAt, traceparent: nil,
                limits: request.limits)
        }.count
    }
}

import AlertSources
import ServiceKit

/// Settings of the gateway beside those of every service.
struct GatewayConfig: ServiceConfig {
    var host: String
    var port: Int
    var limits: IngestLimits
    var publishTimeoutMilliseconds: Int
    var requestTimeoutSeconds: Int
    var idleTimeoutSeconds: Int
    var maxConnections: Int
    var maxConnectionsPerAddress: Int
    var maxBodyBytesInFlight: Int
    var keyRequestsPerSecond: Int
    var keyBurst: Int
    var teamRequestsPerSecond: Int
    var teamBurst: Int
    var unauthorizedPerSecond: Int
    var unauthorizedBurst: Int
    var keyRefreshMilliseconds: Int
    var spool: SpoolConfig

    init(from settings: inout SettingsReader) {
        host = settings.string("TOCSIN_GATEWAY_HOST", default: "127.0.0.1", "Address that senders reach.")
        port = settings.int("TOCSIN_GATEWAY_PORT", default: 8080, in: 0...65535, unit: "port", "Port that senders reach.")
        limits = Self.limits(from: &settings)
        publishTimeoutMilliseconds = settings.int(
            "TOCSIN_GATEWAY_PUBLISH_TIMEOUT_MS", default: 3000, in: 100...60_000, unit: "ms",
            "How long the broker may take to acknowledge; then the alerts go to the spool, or the sender gets 503.")
        requestTimeoutSeconds = settings.int(
            "TOCSIN_GATEWAY_REQUEST_TIMEOUT_S", default: 10, in: 1...600, unit: "s", "How long a request may take in all.")
        idleTimeoutSeconds = settings.int(
            "TOCSIN_GATEWAY_IDLE_TIMEOUT_S", default: 15, in: 1...3600, unit: "s", "A connection that is silent for longer is closed.")
        maxConnections = settings.int(
            "TOCSIN_GATEWAY_MAX_CONNECTIONS", default: 4096, in: 1...1_000_000, unit: "connections",
            "Connections open at once; for one more, the one that has waited longest for a request is closed.")
        maxConnectionsPerAddress = settings.int(
            "TOCSIN_GATEWAY_MAX_CONNECTIONS_PER_ADDRESS", default: 1024, in: 0...1_000_000, unit: "connections",
            "Of these, from one client address; more are answered 503. 0, no limit: behind a proxy, which is the only client.")
        maxBodyBytesInFlight = settings.int(
            "TOCSIN_GATEWAY_MAX_BODY_BYTES_IN_FLIGHT", default: 256 << 20, in: 1 << 20...1 << 40, unit: "bytes",
            "Bodies held in memory at once; more are answered 503.")
        keyRequestsPerSecond = settings.int(
            "TOCSIN_GATEWAY_KEY_RATE_PER_S", default: 2000, in: 1...1_000_000, unit: "requests/s",
            "Lasting rate of one key; more is answered 503, so that one sender does not starve the others.")
        keyBurst = settings.int(
            "TOCSIN_GATEWAY_KEY_BURST", default: 4000, in: 1...10_000_000, unit: "requests", "What a key may send at once above its rate.")
        teamRequestsPerSecond = settings.int(
            "TOCSIN_GATEWAY_TEAM_RATE_PER_S", default: 4000, in: 1...1_000_000, unit: "requests/s",
            "Lasting rate of all keys of one team together; more is answered as for a key.")
        teamBurst = settings.int(
            "TOCSIN_GATEWAY_TEAM_BURST", default: 8000, in: 1...10_000_000, unit: "requests",
            "What a team may send at once above its rate.")
        unauthorizedPerSecond = settings.int(
            "TOCSIN_GATEWAY_UNAUTHORIZED_RATE_PER_S", default: 20, in: 1...1_000_000, unit: "requests/s",
            "Requests without a valid key from one address that are answered 401; more are answered 429, and their connection ends.")
        unauthorizedBurst = settings.int(
            "TOCSIN_GATEWAY_UNAUTHORIZED_BURST", default: 200, in: 1...10_000_000, unit: "requests",
            "Such requests at once above that rate.")
        keyRefreshMilliseconds = settings.int(
            "TOCSIN_GATEWAY_KEY_REFRESH_MS", default: 2000, in: 100...600_000, unit: "ms",
            "How often keys and grouping rules are read again; a revoked key works this much longer.")
        spool = SpoolConfig(from: &settings)
        if limits.bodyBytes > maxBodyBytesInFlight {
            settings.fault("TOCSIN_GATEWAY_MAX_BODY_BYTES_IN_FLIGHT", "must not be below TOCSIN_GATEWAY_MAX_BODY_BYTES")
        }
    }

    private static func limits(from settings: inout SettingsReader) -> IngestLimits {
        var limits = IngestLimits()
        limits.bodyBytes = settings.int(
            "TOCSIN_GATEWAY_MAX_BODY_BYTES", default: limits.bodyBytes, in: 1024...1 << 30, unit: "bytes", "Longest body.")
        limits.alerts = settings.int(
            "TOCSIN_GATEWAY_MAX_ALERTS", default: limits.alerts, in: 1...100_000, unit: "alerts", "Alerts in one body.")
        limits.depth = settings.int(
            "TOCSIN_GATEWAY_MAX_DEPTH", default: limits.depth, in: 4...512, unit: "levels", "Nesting of a body's JSON.")
        limits.labels = settings.int(
            "TOCSIN_GATEWAY_MAX_LABELS", default: limits.labels, in: 1...900, unit: "labels", "Labels of one alert.")
        limits.annotations = settings.int(
            "TOCSIN_GATEWAY_MAX_ANNOTATIONS", default: limits.annotations, in: 1...900, unit: "annotations", "Annotations of one alert.")
        limits.nameBytes = settings.int(
            "TOCSIN_GATEWAY_MAX_NAME_BYTES", default: limits.nameBytes, in: 16...4096, unit: "bytes",
            "Longest name of a label or annotation.")
        limits.labelValueBytes = settings.int(
            "TOCSIN_GATEWAY_MAX_LABEL_VALUE_BYTES", default: limits.labelValueBytes, in: 64...65_536, unit: "bytes",
            "Longest value of a label.")
        limits.annotationValueBytes = settings.int(
            "TOCSIN_GATEWAY_MAX_ANNOTATION_VALUE_BYTES", default: limits.annotationValueBytes, in: 64...262_144, unit: "bytes",
            "Longest value of an annotation.")
        limits.recordBytes = settings.int(
            "TOCSIN_GATEWAY_MAX_RECORD_BYTES", default: limits.recordBytes, in: 4096...900_000, unit: "bytes",
            "Largest alert as a record; the broker takes about 1 MB.")
        limits.resolveTimeoutSeconds = settings.int(
            "TOCSIN_GATEWAY_RESOLVE_TIMEOUT_S", default: limits.resolveTimeoutSeconds, in: 1...604_800, unit: "s",
            "Alerts of /api/v2/alerts without endsAt count as resolved after this, unless they are sent again.")
        limits.allowsUTF8Names = settings.bool(
            "TOCSIN_GATEWAY_UTF8_LABEL_NAMES", default: true,
            "Whether Prometheus and Alertmanager may send label names such as service.name.")
        return limits
    }
}

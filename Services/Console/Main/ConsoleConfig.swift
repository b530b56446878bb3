import ServiceKit

/// Settings of the console beside those of every service.
struct ConsoleConfig: ServiceConfig {
    var host: String
    var port: Int
    var keyRefreshMilliseconds: Int
    var requestTimeoutSeconds: Int
    var maxConnections: Int
    var maxConnectionsPerAddress: Int
    var keyRequestsPerSecond: Int
    var keyBurst: Int
    var unauthorizedPerSecond: Int
    var unauthorizedBurst: Int
    var sessionHours: Int
    /// `https://tocsin.example.com`, without a slash at its end; nil: whatever the `Host` header says.
    var publicURL: String?

    /// Browsers reach us by TLS: cookies are `Secure`, and HSTS is sent.
    var isSecure: Bool { publicURL?.hasPrefix("https://") ?? false }

    init(from settings: inout SettingsReader) {
        host = settings.string("TOCSIN_CONSOLE_HOST", default: "127.0.0.1", "Address of the API and the pages.")
        port = settings.int("TOCSIN_CONSOLE_PORT", default: 8081, in: 0...65535, unit: "port", "Port of the API and the pages.")
        keyRefreshMilliseconds = settings.int(
            "TOCSIN_CONSOLE_KEY_REFRESH_MS", default: 2000, in: 100...600_000, unit: "ms",
            "How often API keys are read again; a revoked key works this much longer.")
        requestTimeoutSeconds = settings.int(
            "TOCSIN_CONSOLE_REQUEST_TIMEOUT_S", default: 10, in: 1...600, unit: "s", "How long a client may take to send its request.")
        maxConnections = settings.int(
            "TOCSIN_CONSOLE_MAX_CONNECTIONS", default: 1024, in: 1...1_000_000, unit: "connections",
            "Connections open at once; for one more, the one that has waited longest for a request is closed.")
        maxConnectionsPerAddress = settings.int(
            "TOCSIN_CONSOLE_MAX_CONNECTIONS_PER_ADDRESS", default: 256, in: 0...1_000_000, unit: "connections",
            "Of these, from one client address; more are answered 503. 0, no limit: behind a proxy, which is the only client.")
        keyRequestsPerSecond = settings.int(
            "TOCSIN_CONSOLE_KEY_RATE_PER_S", default: 100, in: 1...1_000_000, unit: "requests/s",
            "Lasting rate of one API key, its browsers included; more is answered 429.")
        keyBurst = settings.int(
            "TOCSIN_CONSOLE_KEY_BURST", default: 500, in: 1...10_000_000, unit: "requests",
            "What a key may ask for at once above its rate.")
        unauthorizedPerSecond = settings.int(
            "TOCSIN_CONSOLE_UNAUTHORIZED_RATE_PER_S", default: 10, in: 1...1_000_000, unit: "requests/s",
            "Requests from one address with a key or session that is not valid; more are answered 429.")
        unauthorizedBurst = settings.int(
            "TOCSIN_CONSOLE_UNAUTHORIZED_BURST", default: 100, in: 1...10_000_000, unit: "requests",
            "Such requests at once above that rate.")
        sessionHours = settings.int(
            "TOCSIN_CONSOLE_SESSION_HOURS", default: 12, in: 1...720, unit: "h", "A signed-in browser must sign in again after this.")
        publicURL = settings.optionalString(
            "TOCSIN_CONSOLE_PUBLIC_URL",
            "Address that browsers use, `https://tocsin.example.com`; with https, cookies are Secure. Absent: the Host header.")
        while publicURL?.hasSuffix("/") ?? false { publicURL?.removeLast() }
        if let publicURL, !publicURL.hasPrefix("https://"), !publicURL.hasPrefix("http://") {
            settings.fault("TOCSIN_CONSOLE_PUBLIC_URL", "must begin with https:// or http://")
        }
    }
}

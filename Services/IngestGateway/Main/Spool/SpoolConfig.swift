import ServiceKit

/// Settings of the spool.
struct SpoolConfig: ServiceConfig {
    /// nil: no spool.
    var folder: String?
    var limits: SpoolLimits

    init(folder: String?, limits: SpoolLimits) {
        self.folder = folder
        self.limits = limits
    }

    init(from settings: inout SettingsReader) {
        folder = settings.optionalString(
            "TOCSIN_GATEWAY_SPOOL_FOLDER",
            "Folder on a disk that outlives the process, for alerts accepted while the broker is away; each gateway needs its own. "
                + "Absent: no spool, and senders get 503 meanwhile.")
        limits = SpoolLimits(
            maxBytes: settings.int(
                "TOCSIN_GATEWAY_SPOOL_MAX_BYTES", default: 500_000_000, in: 1 << 20...1 << 40, unit: "bytes",
                "What the files of the spool may take on the disk, journal included; when it is full senders get 503."),
            maxAgeSeconds: settings.int(
                "TOCSIN_GATEWAY_SPOOL_MAX_AGE_S", default: 86_400, in: 1...31_536_000, unit: "s",
                "Once the oldest alert has waited for longer, no more are taken. Those that wait are kept, and drained, however old."))
    }
}

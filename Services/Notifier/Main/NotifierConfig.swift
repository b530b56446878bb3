import Delivery
import ServiceKit

/// Settings of notifier beside the common ones.
struct NotifierConfig: ServiceConfig {
    let consoleURL: String?
    let allowPrivateAddresses: Bool
    let maxInFlight: Int
    let maxInFlightPerChannel: Int
    /// How long a claimed delivery belongs to this process; extended before a send that may take longer.
    let leaseSeconds: Int
    let batchRecords: Int

    init(from settings: inout SettingsReader) {
        let url = settings.optionalString("TOCSIN_CONSOLE_URL", "Where people find the console; messages link there. None: no links.")
        if let url, let reason = WebAddress.fault(in: url) { settings.fault("TOCSIN_CONSOLE_URL", reason) }
        consoleURL = url.map(WebAddress.trimmed)
        allowPrivateAddresses = settings.bool(
            "TOCSIN_NOTIFIER_ALLOW_PRIVATE_ADDRESSES", default: false,
            "Lets channels lead to private and loopback addresses, plain http and any port. Not where strangers add channels.")
        maxInFlight = settings.int(
            "TOCSIN_NOTIFIER_MAX_IN_FLIGHT", default: 256, in: 1...4096, unit: "messages", "Messages on their way at once.")
        maxInFlightPerChannel = settings.int(
            "TOCSIN_NOTIFIER_MAX_IN_FLIGHT_PER_CHANNEL", default: 8, in: 1...64, unit: "messages",
            "Messages on their way at once through one channel.")
        leaseSeconds = settings.int(
            "TOCSIN_NOTIFIER_LEASE_SECONDS", default: 20, in: 5...600, unit: "s",
            "After so long a message whose process is gone counts as in doubt (at once where the process is known to have ended); extended "
                + "before a send that may take longer.")
        batchRecords = settings.int(
            "TOCSIN_NOTIFIER_BATCH_RECORDS", default: 500, in: 1...5000, unit: "records", "Most records in one transaction.")
    }
}

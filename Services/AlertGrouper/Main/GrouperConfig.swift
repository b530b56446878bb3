import Grouping
import ServiceKit

/// Settings of the grouper.
struct GrouperConfig: ServiceConfig {
    var maxBatchRecords: Int
    var maxBatchWaitMilliseconds: Int
    var lanes: Int
    var rememberedAlerts: Int
    var touchSeconds: Int
    var duePollMilliseconds: Int
    var dueRows: Int
    var expiryGraceSeconds: Int

    init(from settings: inout SettingsReader) {
        maxBatchRecords = settings.int(
            "TOCSIN_GROUPER_BATCH_RECORDS", default: 500, in: 1...5000, unit: "records", "Most signals in one transaction.")
        maxBatchWaitMilliseconds = settings.int(
            "TOCSIN_GROUPER_BATCH_WAIT_MS", default: 1, in: 0...1000, unit: "ms", "How long a batch waits for further signals.")
        lanes = settings.int(
            "TOCSIN_GROUPER_LANES", default: 3, in: 1...16, unit: "lanes",
            "Most transactions at once, each over partitions of its own and with a connection of the pool.")
        rememberedAlerts = settings.int(
            "TOCSIN_GROUPER_REMEMBERED_ALERTS", default: 50_000, in: 0...5_000_000, unit: "alerts",
            "Most firing alerts whose repeats are recognised without a look at the database; about \(KnownAlerts.bytesOfAlert) bytes each.")
        touchSeconds = settings.int(
            "TOCSIN_GROUPER_TOUCH_S", default: 5, in: 0...KnownAlerts.maxTouchSeconds, unit: "s",
            "How long repeats may wait until their alert's row tells of them; alerts expire so much later. The same for all instances.")
        duePollMilliseconds = settings.int(
            "TOCSIN_GROUPER_DUE_POLL_MS", default: 500, in: 50...60_000, unit: "ms",
            "How often to look for alerts that expired and incidents whose hold has passed.")
        dueRows = settings.int(
            "TOCSIN_GROUPER_DUE_ROWS", default: 200, in: 1...5000, unit: "rows", "Most rows of such a look in one transaction.")
        expiryGraceSeconds = settings.int(
            "TOCSIN_GROUPER_EXPIRY_GRACE_S", default: 90, in: 0...3600, unit: "s",
            "No alert expires for so long after the start, after a lag and after the broker was away: senders must refresh first.")
    }
}

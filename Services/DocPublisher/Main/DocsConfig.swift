import ServiceKit

/// Settings of doc-publisher beside the common ones.
struct DocsConfig: ServiceConfig {
    let folder: String
    let publishers: [String]
    let delaySeconds: Int
    let idleMilliseconds: Int

    init(from settings: inout SettingsReader) {
        folder = settings.string(
            "TOCSIN_DOCS_FOLDER", default: "documents", "Folder that the publisher `folder` writes to; made when it is missing.")
        publishers = settings.list(
            "TOCSIN_DOCS_PUBLISHERS", default: ["folder"], "Publishers in order: \(PublisherRegistry.ids.joined(separator: ", ")).")
        delaySeconds = settings.int(
            "TOCSIN_DOCS_DELAY_SECONDS", default: 2, in: 0...86_400, unit: "s",
            "How long after the resolution a document is written, so that the last messages are in it.")
        idleMilliseconds = settings.int(
            "TOCSIN_DOCS_POLL_MS", default: 500, in: 50...60_000, unit: "ms", "How often due documents are looked for.")
    }
}

import Dispatch
import FoundationEssentials
import Publishing

/// Writes `<folder>/<team>/post-mortem-<number>-v<version>.md` and `.html`.
struct FolderPublisher: Publisher {
    static let id = "folder"

    private let folder: String
    /// Files are written off the cooperative pool.
    private let queue = DispatchQueue(label: "tocsin.docs.folder")

    init(config: DocsConfig) throws { folder = config.folder }

    func publish(_ document: RenderedDocument) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try write(document) }) }
        }
    }

    private func write(_ document: RenderedDocument) throws -> String {
        let team = "\(folder)/\(document.teamSlug)"
        try FileManager.default.createDirectory(atPath: team, withIntermediateDirectories: true)
        let base = "\(team)/\(document.fileName)"
        // Atomic: a reader sees the whole file or none.
        try Data(document.html.utf8).write(to: URL(filePath: "\(base).html"), options: .atomic)
        try Data(document.markdown.utf8).write(to: URL(filePath: "\(base).md"), options: .atomic)
        return "\(base).md"
    }
}

import Publishing

/// A place that documents go to. A new one is one file and one line in `PublisherRegistry`.
protocol Publisher: Sendable {
    /// Registry id, `folder`.
    static var id: String { get }

    init(config: DocsConfig) throws

    /// Puts the document there; called again with the same document after a crash, so it must replace rather than add.
    /// - Returns: where it is, for links: a path or an address.
    func publish(_ document: RenderedDocument) async throws -> String
}

/// Why a publisher cannot do its work; the text is for the operator and holds no secret.
struct PublisherError: Error, CustomStringConvertible {
    let description: String
}

/// The one list of publishers.
enum PublisherRegistry {
    static let all: [any Publisher.Type] = [
        FolderPublisher.self
    ]

    static var ids: [String] { all.map { $0.id } }

    /// The publishers that the settings name, in their order.
    static func make(_ config: DocsConfig) throws -> [(id: String, publisher: any Publisher)] {
        precondition(Set(ids).count == ids.count, "two publishers have the same id")
        return try config.publishers.map { id in
            guard let type = all.first(where: { $0.id == id }) else {
                throw PublisherError(
                    description: "TOCSIN_DOCS_PUBLISHERS names \(id), which is none of \(ids.joined(separator: ", "))")
            }
            return (id, try type.init(config: config))
        }
    }
}

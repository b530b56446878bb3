/// The sources that a gateway serves, by id and by path.
package struct SourceRegistry: Sendable {
    /// The one list. Order is the order of the documentation.
    package static let all: [any AlertSource.Type] = [
        Alertmanager.self, PrometheusAlerts.self, Generic.self, CloudEvents.self,
    ]

    package let sources: [any AlertSource.Type]
    private let byPath: [String: any AlertSource.Type]

    /// - Throws: `SourceConflict` when two sources share an id or a path, which must stop the start.
    package init(_ sources: [any AlertSource.Type] = SourceRegistry.all) throws(SourceConflict) {
        var ids: Set<String> = []
        var byPath: [String: any AlertSource.Type] = [:]
        for source in sources {
            guard ids.insert(source.id).inserted else { throw SourceConflict(what: "id", value: source.id) }
            guard byPath.updateValue(source, forKey: source.path) == nil else {
                throw SourceConflict(what: "path", value: source.path)
            }
        }
        self.sources = sources
        self.byPath = byPath
    }

    /// nil: no source has exactly this path.
    package func source(at path: String) -> (any AlertSource.Type)? { byPath[path] }
}

/// Two sources claim the same id or path.
package struct SourceConflict: Error, Sendable, Hashable, CustomStringConvertible {
    package let what: String
    package let value: String

    package var description: String { "two alert sources have the \(what) \(value)" }
}

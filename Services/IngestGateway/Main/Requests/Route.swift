import AlertSources

/// What a path leads to.
enum Route {
    case hint
    /// `pathKey`: the segment after the source's own path. A secret: such a path is never logged.
    case source(any AlertSource.Type, pathKey: String?)
    case nothing

    init(path: String, registry: SourceRegistry) {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if path == "/" || path.isEmpty {
            self = .hint
        } else if let source = registry.source(at: path) {
            self = .source(source, pathKey: nil)
        } else if let slash = path.lastIndex(of: "/"), let source = registry.source(at: String(path[..<slash])) {
            self = .source(source, pathKey: String(path[path.index(after: slash)...]))
        } else {
            self = .nothing
        }
    }
}

import JSON
import Models

/// Typed access to the fields of one JSON object that a stranger sent; each refusal names the field. Null counts as absent, unknown fields
/// are left alone.
struct BodyReader {
    let node: JSONNode
    /// Place of the object in the body; empty for the root.
    let path: String

    init(_ node: JSONNode, path: String, what: String) throws(SourceRefusal) {
        guard node.kind == .object else { throw .invalid(path, "\(what) must be a JSON object.") }
        self.node = node
        self.path = path
    }

    static func document(_ request: SourceRequest) throws(SourceRefusal) -> JSONNode {
        do { return try JSONDocument.parse(request.body, limits: request.limits.json).root } catch {
            throw SourceRefusal(error, limits: request.limits)
        }
    }

    func path(_ key: String) -> String { path.field(key) }

    /// The field, unless it is absent or null.
    subscript(key: String) -> JSONNode? {
        guard let field = node[key], !field.isNull else { return nil }
        return field
    }

    /// Neither absent nor empty.
    func string(_ key: String) throws(SourceRefusal) -> String {
        guard let text = try optionalString(key) else { throw .missing(path(key), "\(key) is missing. It must be a string.") }
        guard !text.isEmpty else { throw .invalid(path(key), "\(key) is empty.") }
        return text
    }

    func optionalString(_ key: String) throws(SourceRefusal) -> String? {
        guard let field = self[key] else { return nil }
        guard let text = field.string else { throw .invalid(path(key), "\(key) must be a string.") }
        return text
    }

    func time(_ key: String) throws(SourceRefusal) -> Timestamp {
        guard let time = try optionalTime(key) else {
            throw .missing(path(key), "\(key) is missing. Send an RFC 3339 time such as 2026-11-21T05:55:16Z.")
        }
        return time
    }

    /// nil also for Go's zero time.
    func optionalTime(_ key: String) throws(SourceRefusal) -> Timestamp? {
        guard let field = self[key] else { return nil }
        var time: Timestamp?
        guard field.lendText({ time = Timestamp(rfc3339: $0) }) else { throw .invalid(path(key), "\(key) must be a string.") }
        guard let time else {
            throw .invalid(path(key), "\(key) is no RFC 3339 time. Write it as 2026-11-21T05:55:16Z.")
        }
        return time.isGoZeroTime ? nil : time
    }

    /// `firing` or `resolved`; nil when absent.
    func optionalStatus(_ key: String) throws(SourceRefusal) -> Signal.Status? {
        guard let text = try optionalString(key) else { return nil }
        guard let status = Signal.Status(rawValue: text) else {
            throw .invalid(path(key), "\(key) must be \"firing\" or \"resolved\".")
        }
        return status
    }

    /// The elements of an array with their paths, at most as many as alerts are allowed.
    func alerts(_ key: String, limits: IngestLimits) throws(SourceRefusal) -> [(node: JSONNode, path: String)] {
        guard let field = self[key] else { throw .missing(path(key), "\(key) is missing. It must be an array of alerts.") }
        return try BodyReader.alerts(field, path: path(key), limits: limits)
    }

    static func alerts(_ node: JSONNode, path: String, limits: IngestLimits) throws(SourceRefusal) -> [(node: JSONNode, path: String)] {
        guard node.kind == .array else {
            throw .invalid(path, path.isEmpty ? "The body must be a JSON array of alerts." : "\(path) must be an array of alerts.")
        }
        guard node.count <= limits.alerts else {
            throw .overLimit(
                path, "The body has \(node.count) alerts; at most \(limits.alerts) are taken at once. Send them in several requests.",
                setting: "TOCSIN_GATEWAY_MAX_ALERTS")
        }
        return node.elements.enumerated().map { (node: $0.element, path: "\(path)[\($0.offset)]") }
    }
}

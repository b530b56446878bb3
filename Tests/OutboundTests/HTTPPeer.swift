import Synchronization

/// What a server of the tests got.
struct ReceivedRequest: Sendable {
    var line: String
    var headers: [String: String]
    var body: String
}

extension Peer {
    /// One whole request, or nil when the client has closed.
    func readRequest() -> ReceivedRequest? {
        guard let head = read(through: "\r\n\r\n") else { return nil }
        var lines = head.split(separator: "\r\n").map(String.init)
        let line = lines.removeFirst()
        var headers: [String: String] = [:]
        for field in lines {
            let halves = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers[halves[0].lowercased()] = String(halves[1].drop { $0 == " " })
        }
        guard let body = read(count: Int(headers["content-length"] ?? "0") ?? 0) else { return nil }
        return ReceivedRequest(line: line, headers: headers, body: body)
    }

    func answer(_ status: Int, headers: String = "", body: String = "") {
        write("HTTP/1.1 \(status) Any\r\n\(headers)content-length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}

/// A list that server threads append to and tests read.
final class Ledger<Element: Sendable>: Sendable {
    private let entries = Mutex<[Element]>([])
    var all: [Element] { entries.withLock { $0 } }
    func append(_ entry: Element) { entries.withLock { $0.append(entry) } }
}

/// Something that a server thread announces and a test awaits.
struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func give() { continuation.yield() }
    func wait() async { for await _ in stream { return } }
}

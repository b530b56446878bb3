import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a body within the console's one limit and the request's time.
enum BodyReading {
    /// - Throws: 413 as soon as the limit is passed, 408 when the time is up, 400 when the body is cut short.
    static func bytes(of request: Request, timeoutSeconds: Int) async throws(ConsoleRefusal) -> [UInt8] {
        let length = request.headers[.contentLength]
        if length == nil, request.headers[.transferEncoding] == nil { return [] }
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" { throw .compressed }
        if let length {
            guard let declared = Int(length), declared <= ConsoleRefusal.bodyLimitBytes else { throw .tooLarge }
        }
        let outcome = await withTaskGroup(of: Result<[UInt8], ConsoleRefusal>.self) { group in
            group.addTask { await collect(request.body) }
            group.addTask {
                // Cancelled as soon as the body is there.
                try? await Task.sleep(for: .seconds(timeoutSeconds))
                return .failure(.timeout(seconds: timeoutSeconds))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.internal)
        }
        return try outcome.get()
    }

    private static func collect(_ body: RequestBody) async -> Result<[UInt8], ConsoleRefusal> {
        var bytes: [UInt8] = []
        do {
            for try await part in body {
                guard bytes.count + part.readableBytes <= ConsoleRefusal.bodyLimitBytes else { return .failure(.tooLarge) }
                bytes.append(contentsOf: part.readableBytesView)
            }
        } catch {
            // The connection broke or the request was malformed on the wire; nobody may be there to read the answer.
            return .failure(.body("The body ended before its declared length."))
        }
        return .success(bytes)
    }
}

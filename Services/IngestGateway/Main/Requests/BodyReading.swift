import AlertSources
import Hummingbird
import NIOCore

/// Reads a body within its limit and the request's time.
enum BodyReading {
    /// - Throws: 413 as soon as the limit is passed, 408 when the time is up, 400 when the body is shorter than declared.
    static func bytes(
        of request: Request, length: BodyLength, limits: IngestLimits, timeoutSeconds: Int
    ) async throws(GatewayRefusal) -> [UInt8] {
        let outcome = await withTaskGroup(of: Result<[UInt8], GatewayRefusal>.self) { group in
            group.addTask { await collect(request.body, declared: length.declared, limits: limits) }
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

    private static func collect(_ body: RequestBody, declared: Int?, limits: IngestLimits) async -> Result<[UInt8], GatewayRefusal> {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(declared ?? 0)
        do {
            for try await part in body {
                guard bytes.count + part.readableBytes <= limits.bodyBytes else { return .failure(.bodyTooLarge(limits)) }
                bytes.append(contentsOf: part.readableBytesView)
            }
        } catch {
            // The connection broke or the request was malformed on the wire; nobody may be there to read the answer.
            return .failure(.truncatedBody)
        }
        guard declared == nil || declared == bytes.count else { return .failure(.truncatedBody) }
        return .success(bytes)
    }
}

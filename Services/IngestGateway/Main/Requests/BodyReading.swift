import AlertSources
import Hummingbird
import NIOCore

/// Reads a body within its limit and the request's time.
enum BodyReading {
    /// A body over the limit is read on to this many times the limit, and dropped: a client that is cut off while it sends may never
    /// see the answer.
    private static let drainFactor = 2

    struct Outcome: Sendable {
        let bytes: Result<[UInt8], GatewayRefusal>
        /// Whether the body was read to its end, so that the connection can be used again.
        let isAtEnd: Bool
    }

    /// Fails with 413 over the limit, 408 when the time is up, 400 when the body is shorter than declared.
    static func bytes(of request: Request, length: BodyLength, limits: IngestLimits, timeoutSeconds: Int) async -> Outcome {
        await within(timeoutSeconds) { await collect(request.body, declared: length.declared, limits: limits) }
    }

    /// Reads and drops the body of a request that is refused already.
    /// - Returns: whether its end was reached.
    static func drain(_ request: Request, limits: IngestLimits, timeoutSeconds: Int) async -> Bool {
        let length = request.headers[.contentLength]
        if length == nil, request.headers[.transferEncoding] == nil { return true }
        let most = limits.bodyBytes * drainFactor
        if let length, Int(length).map({ $0 > most }) ?? true { return false }
        return await within(timeoutSeconds) {
            var count = 0
            do {
                for try await part in request.body {
                    count += part.readableBytes
                    if count > most { return Outcome(bytes: .failure(.bodyTooLarge(limits)), isAtEnd: false) }
                }
                return Outcome(bytes: .success([]), isAtEnd: true)
            } catch {
                // The connection broke; it ends anyway.
                return Outcome(bytes: .failure(.truncatedBody), isAtEnd: false)
            }
        }.isAtEnd
    }

    private static let deadlines = ReadDeadlines()

    private static func within(_ seconds: Int, _ read: @escaping @Sendable () async -> Outcome) async -> Outcome {
        let (outcome, isLate) = await deadlines.run(seconds: seconds, read)
        guard isLate, !outcome.isAtEnd else { return outcome }
        return Outcome(bytes: .failure(.timeout(seconds: seconds)), isAtEnd: false)
    }

    private static func collect(_ body: RequestBody, declared: Int?, limits: IngestLimits) async -> Outcome {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(declared ?? 0)
        var count = 0
        do {
            for try await part in body {
                count += part.readableBytes
                if count <= limits.bodyBytes {
                    bytes.append(contentsOf: part.readableBytesView)
                } else if count > limits.bodyBytes * drainFactor {
                    return Outcome(bytes: .failure(.bodyTooLarge(limits)), isAtEnd: false)
                }
            }
        } catch {
            // The connection broke or the request was malformed on the wire; nobody may be there to read the answer.
            return Outcome(bytes: .failure(declared == nil ? .malformedChunks : .truncatedBody), isAtEnd: false)
        }
        if count > limits.bodyBytes { return Outcome(bytes: .failure(.bodyTooLarge(limits)), isAtEnd: true) }
        guard declared == nil || declared == count else { return Outcome(bytes: .failure(.truncatedBody), isAtEnd: false) }
        return Outcome(bytes: .success(bytes), isAtEnd: true)
    }
}

import NIOCore

/// Counts the bytes that a connection has received, in front of its HTTP decoder. Of one event loop.
final class WireCounter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private(set) var bytes = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
    }
}

/// How much of a body may be wrapping: sizes and extensions of chunks, trailers. Nobody needs extensions, and the decoder skips them
/// without a limit of its own (as in CVE-2023-39326). Pure.
struct BodyOverhead: Sendable, Hashable {
    /// Also covers what one read from the socket may hold of the requests behind this one.
    private static let freeBytes = 128 * 1024
    /// Bytes of wrapping a byte of body: a chunk of one byte has five.
    private static let factor = 16

    private var start = 0
    private var body = 0

    /// - Parameter received: bytes of the connection so far.
    mutating func begin(received: Int) {
        start = received
        body = 0
    }

    mutating func add(body bytes: Int) { body += bytes }

    func isTooMuch(received: Int) -> Bool { received - start - body > Self.freeBytes + Self.factor * body }
}

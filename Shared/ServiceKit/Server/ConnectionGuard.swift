import Metrics
import NIOCore
import NIOHTTP1

/// Stands between a connection's HTTP decoder and everything else: admits the connection, ends requests that take too long in any way,
/// refuses heads that are not safe to read, and gives refusals their body.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a client that was refused may take to read that.
    private static let farewell = TimeAmount.seconds(1)

    private let table: ConnectionTable
    private let wire: WireCounter
    private var overhead = BodyOverhead()
    private var connection: ServerConnection?
    private var progress: RequestProgress
    private var timer: Scheduled<Void>?
    /// Why nothing more is read from this connection.
    private var refusal: WireRefusal?
    private var readAPart = false
    private var isAnswering = false

    init(table: ConnectionTable, wire: WireCounter, requestLimit: TimeAmount) {
        self.table = table
        self.wire = wire
        progress = RequestProgress(limit: requestLimit)
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { admit(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        admit(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func admit(_ context: ChannelHandlerContext) {
        guard connection == nil, refusal == nil else { return }
        let channel = context.channel
        let connection = ServerConnection(address: ClientAddress(channel.remoteAddress), now: .now()) { channel.close(promise: nil) }
        switch table.admit(connection) {
        case .admitted(let evicted):
            self.connection = connection
            if let evicted {
                KitMetrics.connectionsEnded.counter([("reason", "evicted")]).increment()
                evicted.close()
            }
        case .tooManyOfAddress: turnAway(context, .manyConnections, reason: "address")
        case .full: turnAway(context, .noConnection, reason: "full")
        }
    }

    private func turnAway(_ context: ChannelHandlerContext, _ refusal: WireRefusal, reason: String) {
        KitMetrics.connectionsEnded.counter([("reason", reason)]).increment()
        self.refusal = refusal
        let answer = refusal.answer
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    private func leave() {
        timer?.cancel()
        timer = nil
        if let connection { table.leave(connection) }
        connection = nil
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Behind a refusal nothing is a request any more: that is what smuggling lives on.
        guard refusal == nil else { return }
        readAPart = true
        let now = NIODeadline.now()
        switch unwrapInboundIn(data) {
        case .head(let head):
            if let fault = WireRefusal.fault(of: head) { return refuse(fault, context) }
            overhead.begin(received: wire.bytes)
            progress.head(now)
            watch(context, now)
            if !progress.isWorking { connection?.startWaiting(now) }
        case .body(let bytes): overhead.add(body: bytes.readableBytes)
        case .end:
            guard !overhead.isTooMuch(received: wire.bytes) else { return refuse(.chunks, context) }
            progress.end(now)
            if progress.isWorking { connection?.startWorking() }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !readAPart, refusal == nil { consumedUnseen(context) }
        readAPart = false
        context.fireChannelReadComplete()
    }

    /// The decoder took bytes and made nothing of them yet.
    private func consumedUnseen(_ context: ChannelHandlerContext) {
        if progress.isReading {
            if overhead.isTooMuch(received: wire.bytes) { refuse(.chunks, context) }
        } else {
            let now = NIODeadline.now()
            progress.partOfHead(now)
            watch(context, now)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if refusal == nil { refusal = WireRefusal(error) }
        context.fireErrorCaught(error)
    }

    /// Lets the server finish what was sent before and then answer, as it does when the decoder fails.
    private func refuse(_ refusal: WireRefusal, _ context: ChannelHandlerContext) {
        self.refusal = refusal
        context.fireErrorCaught(HTTPParserError.unknown)
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            isAnswering = true
            if let refusal, Self.isBare(head) {
                // A second answer to one request would be taken for the answer to the next one.
                guard !progress.isAnsweredEarly else { return context.close(promise: promise) }
                let answer = refusal.answer
                context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: promise)
                return
            }
        case .body: break
        case .end:
            isAnswering = false
            let now = NIODeadline.now()
            progress.answered(now)
            if !progress.isWorking {
                connection?.startWaiting(now)
                if refusal != nil { endSoon(context) }
            }
        }
        context.write(data, promise: promise)
    }

    /// The answer that Hummingbird's `HTTPChannelHandler` gives to a parser's error.
    private static func isBare(_ head: HTTPResponseHead) -> Bool {
        head.status == .badRequest && head.headers["content-length"].first == "0"
    }

    // MARK: Time

    /// One task for the life of the connection that looks again when it comes too early, so that a request costs none.
    private func watch(_ context: ChannelHandlerContext, _ now: NIODeadline) {
        guard timer == nil, let deadline = progress.deadline else { return }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.handler.look(bound.value.context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        let now = NIODeadline.now()
        guard let deadline = progress.deadline else { return }
        guard now >= deadline else { return watch(context, now) }
        KitMetrics.connectionsEnded.counter([("reason", "deadline")]).increment()
        guard !progress.isOpen, !isAnswering, refusal == nil else { return context.close(promise: nil) }
        refuse(.slowHead, context)
        endSoon(context)
    }

    private func endSoon(_ context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: Self.farewell) { bound.value.close(promise: nil) }
    }
}

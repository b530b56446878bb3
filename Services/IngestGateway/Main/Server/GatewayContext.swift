import Hummingbird
import NIOCore

/// What the gateway needs of a request's connection.
struct GatewayContext: InitializableFromSource, Sendable {
    /// How long a client may go on sending a body that was refused, so that it can read the answer.
    private static let hangUpAfter = TimeAmount.seconds(1)

    private let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }

    /// Closes the connection soon: without this the server reads what was refused to its end, however long that takes.
    func hangUpSoon() {
        let channel = channel
        channel.eventLoop.scheduleTask(in: Self.hangUpAfter) { channel.close(promise: nil) }
    }
}

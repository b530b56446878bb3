import Hummingbird
import NIOCore
import ServiceKit

/// What the gateway needs of a request's connection.
struct GatewayContext: InitializableFromSource, Sendable {
    /// How long a client may go on sending a body that was refused, so that it can read the answer.
    private static let hangUpAfter = TimeAmount.seconds(1)

    /// Closes the connection soon: without this the server reads what was refused to its end, however long that takes.
    let hangUpSoon: @Sendable () -> Void

    /// Who sent it; nil without a network.
    let address: ClientAddress?

    init(source: ApplicationRequestContextSource) {
        let channel = source.channel
        address = ClientAddress(channel.remoteAddress)
        hangUpSoon = { channel.eventLoop.scheduleTask(in: Self.hangUpAfter) { channel.close(promise: nil) } }
    }

    init(address: ClientAddress? = nil, hangUpSoon: @escaping @Sendable () -> Void) {
        self.address = address
        self.hangUpSoon = hangUpSoon
    }
}

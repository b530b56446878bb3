import ArgumentParser
import Delivery
import Models
import Outbound
import ServiceKit
import Store

extension Channels {
    struct Test: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends one message, marked as a test, through a channel and tells what the provider said.",
            discussion: "Works without the notifier and past routes and breaker. Exits with 1 when the provider did not take it.")

        @OptionGroup var selection: Selection

        @Flag(
            help: """
                Also reach private addresses, plain http and any port, as TOCSIN_NOTIFIER_ALLOW_PRIVATE_ADDRESSES=true lets the notifier.
                """)
        var allowPrivate = false

        func run(in session: Session) async throws {
            var reader = SettingsReader(environment: session.environment)
            let isAllowed = reader.bool("TOCSIN_NOTIFIER_ALLOW_PRIVATE_ADDRESSES", default: false, "Private addresses are fine.")
            if let fault = reader.faults.first { throw OperatorFailure.configuration("setting \(fault)") }
            let stored = try await session.transaction { try await selection.find(in: $0) }
            let channel = try ChannelRegistry().channel(type: stored.type, config: stored.config)
            let sender = MessageSender(policy: AddressPolicy(allowPrivateAddresses: allowPrivate || isAllowed), logger: session.logger)
            let begun = ContinuousClock.now
            let outcome = await Self.send(channel, stored, sender, session)
            let elapsed = Milliseconds.of(ContinuousClock.now - begun)
            guard case .delivered(let providerID, _) = outcome else {
                let hint = outcome.isAddressRefused ? "; --allow-private lets it go to private addresses, plain http and any port" : ""
                throw OperatorFailure.failed(
                    "\(Printable.line(stored.name)) (\(stored.type)): \(outcome.words), after \(elapsed) ms\(hint)")
            }
            let id = providerID.map { ", provider id \(Printable.line($0))" } ?? ""
            session.output.write("\(Printable.line(stored.name)) (\(stored.type)): delivered in \(elapsed) ms\(id)")
        }

        private static func send(
            _ channel: any Channel, _ stored: StoredChannel, _ sender: MessageSender, _ session: Session
        ) async -> Outcome {
            let event = TestMessage.event(
                team: stored.teamID, channelName: stored.name,
                requestedBy: Actor(kind: .person, name: session.variable("USER") ?? "operator"), now: session.now)
            let context = DeliveryContext(
                event: event, part: .main, threadReference: nil, consoleURL: session.variable("TOCSIN_CONSOLE_URL").map(WebAddress.trimmed),
                deliveryID: .random(), attemptedAt: session.now)
            return channel.classify(await sender.send(channel.render(context)), to: context)
        }
    }
}

extension Outcome {
    /// Our own rules, not the provider, were against it.
    fileprivate var isAddressRefused: Bool {
        if case .permanent(let refusal) = self { return refusal.reason == .addressRefused }
        return false
    }

    /// For people.
    var words: String {
        switch self {
        case .delivered, .found: "delivered"
        case .retry(let seconds, let refusal): "not taken: \(refusal)" + (seconds.map { ", try again in \($0) s" } ?? "")
        case .permanent(let refusal): "refused: \(refusal)"
        case .threadGone(let refusal): "not taken: \(refusal)"
        case .lookUpFailed(_, let refusal), .leftInDoubt(let refusal): "not known whether it arrived: \(refusal)"
        case .inDoubt(let refusal): "in doubt, it may have arrived: \(refusal)"
        case .moved(let setting, let value): "moved: the channel's setting \(setting) must be \(Printable.line(value)) now"
        }
    }
}

enum Milliseconds {
    static func of(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}

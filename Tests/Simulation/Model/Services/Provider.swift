import Delivery
import Models

/// The other side of a channel: takes the message, refuses it, does not hear it, or takes it and the answer is lost or late.
struct Provider {
    let world: World

    /// What came of one attempt, and how long the process waits for it.
    struct Reaction {
        let answer: ProviderAnswer
        let milliseconds: Int
    }

    func take(_ flight: Flight, _ message: OutboundMessage) -> Reaction {
        let quick = world.random.within(1...80)
        if world.strikes(.providerUnreachable, 15) {
            return Reaction(answer: .failure(SendFailure(.connection, mayHaveBeenSent: false)), milliseconds: quick)
        }
        if world.strikes(.providerRefused, 25) { return Reaction(answer: refusal(), milliseconds: quick) }
        world.arrived(flight, message)
        let timeout = message.timeoutMilliseconds
        if world.strikes(.providerAnswerLost, 15) {
            flight.isTroubled = true
            return Reaction(answer: .failure(SendFailure(.timeout, mayHaveBeenSent: true)), milliseconds: timeout)
        }
        if world.strikes(.providerSlow, 10) {
            flight.isTroubled = true
            return Reaction(answer: accepted(flight), milliseconds: world.random.within(timeout / 2...timeout))
        }
        return Reaction(answer: accepted(flight), milliseconds: quick)
    }

    private func refusal() -> ProviderAnswer {
        switch world.random.below(4) {
        case 0: .http(status: 429, headers: [.init("Retry-After", "3")], body: [])
        case 1: .http(status: 400, headers: [], body: Array("invalid_payload".utf8))
        default: .http(status: 503, headers: [], body: [])
        }
    }

    private func accepted(_ flight: Flight) -> ProviderAnswer {
        guard flight.row.type == "slack-bot" else { return .http(status: 200, headers: [], body: Array("ok".utf8)) }
        let body = #"{"ok":true,"channel":"C0123456789","ts":"1795240800.\#(100_000 + flight.row.id)"}"#
        return .http(status: 200, headers: [], body: Array(body.utf8))
    }
}

import Delivery
import Models
import Synchronization

/// The messages on their way from this process: how many, through which channels, and when each channel may send the next. Bounded: only
/// what finds a free place is claimed.
final class DeliveryQueue: Sendable {
    private struct State {
        var inFlight: [ChannelID: Int] = [:]
        var held: Set<DeliveryID> = []
        var total: Int { held.count }
        var pace: [ChannelID: PaceKeeper] = [:]
        /// Where something may be due that nobody has looked at.
        var news = ClaimScope.channels([])
    }

    /// Channels whose pace is remembered; beyond that, those without a message on its way are forgotten.
    private static let maxRememberedPaces = 1000

    let deliveries: AsyncStream<ClaimedDelivery>
    private let continuation: AsyncStream<ClaimedDelivery>.Continuation
    private let maxInFlight: Int
    private let state = Mutex(State())

    init(maxInFlight: Int) {
        self.maxInFlight = maxInFlight
        // `free` is what may be claimed at most: the buffer never overflows.
        (deliveries, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(maxInFlight))
    }

    var total: Int { state.withLock(\.total) }

    /// The messages on their way.
    var held: [DeliveryID] { state.withLock { $0.held.sorted() } }

    /// Messages that may still be claimed, and how many each channel has on their way.
    var load: (free: Int, inFlight: [(channel: ChannelID, count: Int)]) {
        state.withLock { state in
            (max(0, maxInFlight - state.total), state.inFlight.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
    }

    func admit(_ claimed: [ClaimedDelivery]) {
        state.withLock { state in
            for delivery in claimed {
                state.inFlight[delivery.channelID, default: 0] += 1
                state.held.insert(delivery.id)
            }
        }
        for delivery in claimed { continuation.yield(delivery) }
    }

    func finished(_ delivery: ClaimedDelivery) {
        state.withLock { state in
            let count = (state.inFlight[delivery.channelID] ?? 1) - 1
            state.inFlight[delivery.channelID] = count > 0 ? count : nil
            state.held.remove(delivery.id)
            // A place in the channel is free, and the next message of the incident may go.
            state.news.formUnion(.channels([delivery.channelID]))
        }
    }

    /// Something may be due there.
    func announce(_ scope: ClaimScope) { state.withLock { $0.news.formUnion(scope) } }

    /// What was announced since the last call; nil when nothing was.
    func takeNews() -> ClaimScope? {
        state.withLock { state in
            defer { state.news = .channels([]) }
            return state.news == .channels([]) ? nil : state.news
        }
    }

    /// Takes the next place in a channel's pace.
    /// - Parameter now: of a clock that is never set.
    func reserve(_ channel: ChannelID, _ pace: Pace, now: Timestamp) -> Timestamp {
        state.withLock { state in
            if state.pace.count > Self.maxRememberedPaces { state.pace = state.pace.filter { state.inFlight[$0.key] != nil } }
            return state.pace[channel, default: PaceKeeper(pace)].reserve(now: now)
        }
    }

    /// Nothing more will be admitted: the stream ends after what it holds.
    func close() { continuation.finish() }
}

package import Models

/// Decides who is told of which events. Pure: a replay or a simulation gives the same plan.
package struct DeliveryPlan: Sendable {
    /// From this many reopenings within the window on, a channel that cannot update in place is spared the coming and going.
    package static let flapReopenings = 3
    package static let flapWindowSeconds = 3600
    /// While an incident flaps its resolution waits so long: if it is back by then, nobody is told that it was gone.
    package static let flapHoldSeconds = 600
    /// Older events are not told as they were: after a long outage people want to know how things are.
    package static let maxAgeSeconds = 86_400

    /// Rows to insert, in the order of sending.
    package private(set) var deliveries: [PlannedDelivery] = []
    /// Conversations whose held resolution in the ledger must not go out: the incident is back.
    package private(set) var releasedHolds: Set<Conversation> = []
    /// Conversations whose waiting `updated` messages in the ledger are overtaken by a message planned here.
    package private(set) var superseded: Set<Conversation> = []

    private let registry: ChannelRegistry
    private let now: Timestamp
    private var history: DeliveryHistory
    /// Conversations of which `deliveries` holds an `updated` message: without it each event would look through all of them.
    private var updating: Set<Conversation> = []

    /// - Parameters:
    ///   - events: unseen ones, in sequence within each incident.
    ///   - routes: of the channels that are switched on.
    package static func plan(
        _ events: [IncidentEvent], routes: [ChannelRoute], history: DeliveryHistory, registry: ChannelRegistry, now: Timestamp
    ) -> DeliveryPlan {
        var plan = DeliveryPlan(registry: registry, now: now, history: history)
        let routesByTeam = Dictionary(grouping: routes, by: \.teamID)
        for event in events {
            if event.kind == .reopened { plan.history.reopenings[event.incident.id, default: [:]][event.sequence] = event.at }
            for route in routesByTeam[event.incident.teamID] ?? [] { plan.add(event, route) }
        }
        return plan
    }

    private init(registry: ChannelRegistry, now: Timestamp, history: DeliveryHistory) {
        self.registry = registry
        self.now = now
        self.history = history
    }

    private mutating func add(_ event: IncidentEvent, _ route: ChannelRoute) {
        guard let kind = route.kind(of: event) else { return }
        let conversation = Conversation(event.incident.id, route.channelID)
        let told = history.told[conversation]
        // An incident that nobody was told of is not announced by a change of its alerts.
        if kind == .updated, told == nil { return }
        // A type that this build does not know is planned all the same: it fails visibly when it is sent.
        let type = registry.type(route.type)
        let parts = type?.parts(for: kind, hasThread: told != nil) ?? (kind == .updated ? [] : [.main])
        guard !parts.isEmpty else { return }
        let updatesInPlace = type?.traits.updatesInPlace ?? false
        let isLate = Self.isLate(event, now: now)
        let state =
            isLate
            ? lateState(of: event, told: told, updatesInPlace: updatesInPlace)
            : state(of: event, told: told, conversation, updatesInPlace: updatesInPlace)
        if updatesInPlace { overtake(conversation) }
        let event = isLate && state == .pending ? asThingsAre(event) : event
        if event.kind == .updated { updating.insert(conversation) }
        for part in parts {
            deliveries.append(
                PlannedDelivery(event: event, channelID: route.channelID, channelType: route.type, part: part, state: state))
        }
        remember(event.kind, state, conversation)
    }

    private mutating func state(
        of event: IncidentEvent, told: DeliveryHistory.Told?, _ conversation: Conversation, updatesInPlace: Bool
    ) -> PlannedDelivery.State {
        if updatesInPlace { return .pending }
        let reopenings = history.reopenings(upTo: event)
        switch event.kind {
        case .resolved where reopenings >= Self.flapReopenings - 1:
            return .held(until: event.at.adding(seconds: Self.flapHoldSeconds))
        case .reopened where told?.isHeld == true:
            release(conversation)
            return .suppressed(.flapping)
        // Whoever heard last that it is over must hear that it is not.
        case .reopened where reopenings >= Self.flapReopenings && told?.kind != .resolved:
            return .suppressed(.flapping)
        default: return .pending
        }
    }

    /// Too old to be told as it was.
    package static func isLate(_ event: IncidentEvent, now: Timestamp) -> Bool { event.at.adding(seconds: maxAgeSeconds) < now }

    /// Of what is past, people are told once what still matters: that an incident is open of which they do not know. A message that is kept
    /// up to date gets its last state.
    private func lateState(of event: IncidentEvent, told: DeliveryHistory.Told?, updatesInPlace: Bool) -> PlannedDelivery.State {
        guard let current = history.current[event.incident.id] else { return .suppressed(.tooOld) }
        if updatesInPlace, told != nil { return current.sequence == event.sequence ? .pending : .suppressed(.tooOld) }
        let isKnownToBeOpen = told.map { $0.kind != .resolved || $0.isHeld } ?? false
        let isNews = current.status != .resolved && event.kind != .resolved && !isKnownToBeOpen
        return isNews ? .pending : .suppressed(.tooOld)
    }

    /// The event with the incident as it is now. It keeps its place in the sequence.
    private func asThingsAre(_ event: IncidentEvent) -> IncidentEvent {
        guard var current = history.current[event.incident.id] else { return event }
        current.sequence = event.sequence
        var event = event
        event.incident = current
        return event
    }

    /// The resolution that waits is either in the ledger or planned a moment ago.
    private mutating func release(_ conversation: Conversation) {
        releasedHolds.insert(conversation)
        for index in deliveries.indices where deliveries[index].conversation == conversation {
            guard case .held = deliveries[index].state else { continue }
            deliveries[index] = deliveries[index].with(.suppressed(.flapping))
        }
    }

    /// An edit says how things are now, so that an older one which still waits is of no use.
    private mutating func overtake(_ conversation: Conversation) {
        superseded.insert(conversation)
        guard updating.remove(conversation) != nil else { return }
        deliveries.removeAll { $0.conversation == conversation && $0.event.kind == .updated }
    }

    private mutating func remember(_ kind: IncidentEvent.Kind, _ state: PlannedDelivery.State, _ conversation: Conversation) {
        switch state {
        case .pending: history.told[conversation] = DeliveryHistory.Told(kind: kind, isHeld: false)
        case .held: history.told[conversation] = DeliveryHistory.Told(kind: kind, isHeld: true)
        // What people think is what they thought before the resolution that was held.
        case .suppressed(.flapping): history.told[conversation] = DeliveryHistory.Told(kind: .reopened, isHeld: false)
        case .suppressed: break
        }
    }
}

extension PlannedDelivery {
    fileprivate func with(_ state: State) -> PlannedDelivery {
        PlannedDelivery(id: id, event: event, channelID: channelID, channelType: channelType, part: part, state: state)
    }
}

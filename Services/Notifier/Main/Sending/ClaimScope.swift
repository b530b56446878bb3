import Models

/// The channels in which due deliveries are looked for.
enum ClaimScope: Sendable, Hashable {
    case everywhere
    case channels(Set<ChannelID>)

    mutating func formUnion(_ other: ClaimScope) {
        switch (self, other) {
        case (.channels(let mine), .channels(let others)): self = .channels(mine.union(others))
        default: self = .everywhere
        }
    }

    /// nil: all of them.
    var ids: [ChannelID]? {
        switch self {
        case .everywhere: nil
        case .channels(let ids): ids.sorted()
        }
    }
}

import Models
import Synchronization

/// Bounds the bytes of all bodies in memory, whatever the number of connections. One team may have half of them: slow uploads of one do
/// not keep the others out.
final class BodyBudget: Sendable {
    private struct State {
        var used = 0
        var perTeam: [TeamID: Int] = [:]
    }

    let limit: Int
    private let teamLimit: Int
    private let state = Mutex(State())

    /// - Parameter longest: the longest body; a team may always have one.
    init(bytes: Int, longest: Int) {
        limit = bytes
        teamLimit = max(bytes / 2, longest)
    }

    /// Bytes reserved now.
    var used: Int { state.withLock { $0.used } }

    /// - Returns: false when there is no room; else `release` must follow.
    func reserve(_ bytes: Int, for team: TeamID) -> Bool {
        state.withLock { state in
            let ofTeam = state.perTeam[team, default: 0] + bytes
            guard state.used + bytes <= limit, ofTeam <= teamLimit else { return false }
            state.used += bytes
            state.perTeam[team] = ofTeam
            return true
        }
    }

    func release(_ bytes: Int, for team: TeamID) {
        state.withLock { state in
            state.used -= bytes
            let ofTeam = state.perTeam[team, default: 0] - bytes
            state.perTeam[team] = ofTeam > 0 ? ofTeam : nil
        }
    }
}

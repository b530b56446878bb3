/// How a team wants its alerts treated; columns of `teams`.
package struct TeamSettings: Sendable, Hashable {
    /// Seconds that an incident waits after its last alert resolved before it resolves itself. 0: at once.
    package var resolveHoldSeconds: Int
    /// Seconds after its resolution in which a new alert of the group reopens the incident. 0: never.
    package var reopenWindowSeconds: Int

    package static let resolveHoldRange = 0...86_400
    package static let reopenWindowRange = 0...604_800

    package init(resolveHoldSeconds: Int = 0, reopenWindowSeconds: Int = 600) {
        self.resolveHoldSeconds = resolveHoldSeconds
        self.reopenWindowSeconds = reopenWindowSeconds
    }
}

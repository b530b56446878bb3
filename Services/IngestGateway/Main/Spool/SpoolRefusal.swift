/// Why alerts cannot go to the spool while the broker is away.
enum SpoolRefusal: Error, Sendable, Hashable {
    /// The key asks for 503 instead, or there is no spool.
    case unwanted
    /// It takes as much disk as it may.
    case full
    /// The oldest alert has waited for longer than it may.
    case tooOld
    /// More wait to be written than memory may hold.
    case busy
    /// The disk is full, failing or does not answer.
    case failed(SpoolFailure.Cause)
}

extension GatewayRefusal {
    init(_ refusal: SpoolRefusal) {
        self =
            switch refusal {
            case .unwanted: .brokerUnavailable
            case .full: .spoolFull
            case .tooOld: .spoolTooOld
            case .busy: .busy
            case .failed: .spoolFailed
            }
    }
}

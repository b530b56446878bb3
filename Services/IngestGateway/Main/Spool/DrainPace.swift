/// How many alerts go to the broker at once. Pure.
///
/// Begins with one, so that a broker that is not yet well costs few second copies, and doubles with each acknowledgement. A batch that
/// holds an alert which the broker refuses for what it is, is halved until that alert is alone.
struct DrainPace: Sendable, Hashable {
    static let most = 512

    private(set) var records = 1

    enum Verdict: Sendable, Hashable {
        /// Try the first half.
        case narrower
        /// It was the only one: put it aside.
        case thatOne
    }

    mutating func acknowledged() { records = min(Self.most, records * 2) }

    mutating func failed() { records = 1 }

    mutating func refused(batch: Int) -> Verdict {
        guard batch > 1 else { return .thatOne }
        records = batch / 2
        return .narrower
    }
}

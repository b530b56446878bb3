import ArgumentParser

/// A length of time on the command line: `90s`, `30m`, `24h`, `7d`; a bare number means seconds.
struct TimeSpan: Sendable, Hashable, ExpressibleByArgument, CustomStringConvertible {
    /// A year: longer is a mistake.
    static let maxSeconds = 366 * 86_400

    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Int(unit == nil ? argument[...] : argument.dropLast()), (0...Self.maxSeconds).contains(number),
            number * (unit ?? 1) <= Self.maxSeconds
        else { return nil }
        seconds = number * (unit ?? 1)
    }

    var description: String {
        for (unit, size) in [("d", 86_400), ("h", 3600), ("m", 60)] where seconds >= 2 * size && seconds % size == 0 || seconds == size {
            return "\(seconds / size)\(unit)"
        }
        return "\(seconds)s"
    }

    var defaultValueDescription: String { description }
}

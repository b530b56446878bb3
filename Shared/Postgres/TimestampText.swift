/// `timestamptz` as the server writes it with `DateStyle` ISO: `2026-11-21 05:55:16.123456+00`.
enum TimestampText {
    /// Microseconds since 1970-01-01T00:00:00Z, or nil for `infinity`, a date before Christ, or anything else.
    static func microseconds(_ text: ArraySlice<UInt8>) -> Int64? {
        var scanner = Scanner(rest: text)
        guard let year = scanner.number(digits: 4...6), scanner.take("-"), let month = scanner.number(digits: 2...2),
            scanner.take("-"), let day = scanner.number(digits: 2...2), scanner.take(" "),
            let hour = scanner.number(digits: 2...2), scanner.take(":"), let minute = scanner.number(digits: 2...2),
            scanner.take(":"), let second = scanner.number(digits: 2...2), let fraction = scanner.fraction(),
            let offset = scanner.offsetSeconds(), scanner.rest.isEmpty,
            (1...12).contains(month), (1...31).contains(day), hour <= 24, minute < 60, second <= 60
        else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000 + fraction
    }

    /// As the server reads it: `2026-11-21 05:55:16.123456+00`, with `BC` where the year is before 1.
    static func text(_ microseconds: Int64) -> String {
        let (days, rest) = floored(microseconds, 86_400_000_000)
        let (seconds, fraction) = floored(rest, 1_000_000)
        let (year, month, day) = civil(days)
        let date = "\(padded(year < 1 ? 1 - year : year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(fraction, 6))"
        return "\(date) \(time)+00\(year < 1 ? " BC" : "")"
    }

    private static func floored(_ value: Int64, _ unit: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = (value % unit + unit) % unit
        return ((value - remainder) / unit, remainder)
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// http://howardhinnant.github.io/date_algorithms.html#civil_from_days
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floored(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar.
    /// http://howardhinnant.github.io/date_algorithms.html#days_from_civil
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character.asciiValue else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(digits: ClosedRange<Int>) -> Int64? {
            let digitBytes = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard digits.contains(digitBytes.count) else { return nil }
            rest = rest.dropFirst(digitBytes.count)
            return digitBytes.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }

        /// Microseconds of `.5` or `.123456`; 0 where there is none.
        mutating func fraction() -> Int64? {
            guard take(".") else { return 0 }
            let count = rest.count
            guard var value = number(digits: 1...6) else { return nil }
            for _ in (count - rest.count)..<6 { value *= 10 }
            return value
        }

        /// `+00`, `-03:30` or `+05:53:28`, east positive.
        mutating func offsetSeconds() -> Int64? {
            let east = take("+")
            guard east || take("-"), var seconds = number(digits: 2...2).map({ $0 * 3600 }) else { return nil }
            for unit: Int64 in [60, 1] where take(":") {
                guard let value = number(digits: 2...2) else { return nil }
                seconds += value * unit
            }
            return east ? seconds : -seconds
        }
    }
}

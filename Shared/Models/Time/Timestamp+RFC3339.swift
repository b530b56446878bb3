extension Timestamp {
    /// Reads RFC 3339 section 5.6 (`2026-11-21T05:55:16.123456789+01:00`): `T`, `t` or a space between date and time, up to nine
    /// fractional digits (cut to microseconds), any offset, `Z` or `z`. A leap second counts as second 59.
    /// - Returns: nil when the text is anything else, or when the date does not exist.
    package init?(rfc3339 text: String) {
        var text = text
        let parsed = text.withUTF8 { Timestamp(rfc3339: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The same for UTF-8.
    package init?(rfc3339 bytes: UnsafeBufferPointer<UInt8>) {
        guard let parsed = RFC3339Reader(bytes: bytes).read() else { return nil }
        self.init(microseconds: parsed)
    }

    /// `2026-11-21T05:55:16.123456Z`; the fraction is left out when it is zero.
    package var rfc3339: String {
        let days = microseconds.flooredQuotient(86_400_000_000)
        let date = CivilDate(daysSinceEpoch: days)
        let inDay = microseconds - days * 86_400_000_000
        let second = inDay / 1_000_000
        let fraction = inDay % 1_000_000
        guard (0...9999).contains(date.year) else {
            let time = "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
            return date.text + time + (fraction == 0 ? "Z" : "." + padded(fraction, 6) + "Z")
        }
        return String(unsafeUninitializedCapacity: 27) { text in
            var digits = DigitWriter(text)
            digits.write(date.year, 4, "-")
            digits.write(date.month, 2, "-")
            digits.write(date.day, 2, "T")
            digits.write(second / 3600, 2, ":")
            digits.write(second / 60 % 60, 2, ":")
            digits.write(second % 60, 2, fraction == 0 ? "Z" : ".")
            if fraction != 0 { digits.write(fraction, 6, "Z") }
            return digits.count
        }
    }

    /// The UTC day this time falls on, `2026-11-21`.
    package var utcDay: String { CivilDate(daysSinceEpoch: microseconds.flooredQuotient(86_400_000_000)).text }

    /// `2026-11-21 05:55:16 UTC`, for people.
    package var forPeople: String {
        let text = Timestamp(seconds: secondsSinceEpoch).rfc3339
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + " UTC"
    }
}

/// Writes a number with at least `width` digits.
func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Writes numbers with a fixed count of digits, each followed by a sign.
private struct DigitWriter {
    private let text: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ text: UnsafeMutableBufferPointer<UInt8>) { self.text = text }

    mutating func write(_ number: Int64, _ digits: Int, _ sign: Unicode.Scalar) {
        var rest = number
        for place in stride(from: count + digits - 1, through: count, by: -1) {
            text[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        text[count + digits] = UInt8(ascii: sign)
        count += digits + 1
    }
}

/// A day of the proleptic Gregorian calendar. The two conversions are the well-known days-from-civil algorithm
/// (https://howardhinnant.github.io/date_algorithms.html), exact for every day a timestamp can name.
struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    var text: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    var daysSinceEpoch: Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// nil when the calendar has no such day.
    init?(year: Int64, month: Int64, day: Int64) {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), day >= 1, day <= lengths[Int(month) - 1] else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }
}

/// Walks over the bytes of one RFC 3339 time.
private struct RFC3339Reader {
    let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    consuming func read() -> Int64? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            let date = CivilDate(year: year, month: month, day: day),
            take("T") || take("t") || take(" "),
            let hour = number(2), hour <= 23, take(":"), let minute = number(2), minute <= 59, take(":"),
            let second = number(2), second <= 60, let fraction = fraction(), let offset = offsetMinutes(), position == bytes.count
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + min(second, 59) - offset * 60
        return seconds * 1_000_000 + fraction
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func digit() -> Int64? {
        guard position < bytes.count, (48...57).contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return Int64(bytes[position]) - 48
    }

    private mutating func number(_ digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Microseconds; zero without a fraction; nil after a lone point or more than nine digits.
    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while let digit = digit() {
            count += 1
            guard count <= 9 else { return nil }
            if count <= 6 { value = value * 10 + digit }
        }
        guard count > 0 else { return nil }
        for _ in count..<max(count, 6) { value *= 10 }
        return value
    }

    private mutating func offsetMinutes() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), hours <= 23, take(":"), let minutes = number(2), minutes <= 59 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

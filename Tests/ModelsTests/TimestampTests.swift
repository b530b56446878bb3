import Models
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.000001Z", 1),
            ("1969-12-31T23:59:59.5Z", -500_000),
            ("2026-11-21T05:55:16Z", 1_795_240_516_000_000),
            ("2026-11-21t05:55:16z", 1_795_240_516_000_000),
            ("2026-11-21 05:55:16Z", 1_795_240_516_000_000),
            ("2026-11-21T06:55:16+01:00", 1_795_240_516_000_000),
            ("2026-11-20T23:55:16-06:00", 1_795_240_516_000_000),
            ("2026-11-21T05:55:16-00:00", 1_795_240_516_000_000),
            ("2026-11-21T05:55:16.1Z", 1_795_240_516_100_000),
            ("2026-11-21T05:55:16.123456789Z", 1_795_240_516_123_456),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("1990-12-31T23:59:60Z", 662_687_999_000_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] as [(String, Int64)])
    func `RFC 3339 is read`(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T05:55:16", "2026-11-21T05:55Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T05:60:00Z", "2026-11-21T05:55:61Z", "2026-11-21T05:55:16.Z", "2026-11-21T05:55:16.1234567890Z",
        "2026-11-21T05:55:16+24:00", "2026-11-21T05:55:16+01:60", "2026-11-21T05:55:16+0100", "2026-11-21T05:55:16Zx",
        " 2026-11-21T05:55:16Z", "26-11-21T05:55:16Z", "2026-1-21T05:55:16Z", "2026-11-21X05:55:16Z", "-026-11-21T05:55:16Z",
        "٢٠٢٦-11-21T05:55:16Z", "2026-11-21T05:55:16,5Z",
    ])
    func `anything else is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-500_000, "1969-12-31T23:59:59.500000Z"), (1_795_240_516_123_456, "2026-11-21T05:55:16.123456Z"),
            (1_795_240_516_000_001, "2026-11-21T05:55:16.000001Z"), (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func `it is written with microseconds only when there are some`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
    }

    @Test func `every day of eight centuries is written and read alike`() {
        for day in stride(from: -146_097, through: 146_097, by: 1) as StrideThrough<Int64> {
            let time = Timestamp(microseconds: day * 86_400_000_000 + 86_399_999_999)
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
        }
    }

    @Test func `day, whole seconds and differences`() {
        let time = Timestamp(microseconds: -1)
        #expect(time.utcDay == "1969-12-31")
        #expect(time.secondsSinceEpoch == -1)
        #expect(Golden.at(0).forPeople == "2026-11-21 05:55:16 UTC")
        #expect(Golden.at(90).seconds(since: Golden.at(0)) == 90)
        #expect(Golden.at(0).milliseconds(since: Golden.at(2)) == -2000)
        #expect(Golden.at(0).adding(seconds: 90) == Golden.at(90))
    }
}

import Kafka
import Models

/// What a person wants to know of a record: when, what, and the facts that tell it from others.
struct RecordSummary: Sendable, Hashable {
    let time: Timestamp?
    /// `tocsin.incident.opened.v1`
    let type: String
    let team: String?
    /// A word that may be coloured: status, state or severity; empty where there is none.
    let word: String
    /// The rest in one line, from outside: not yet fit for a terminal.
    let facts: String
    /// The content does not have the shape that its topic promises.
    let isBroken: Bool

    init(_ record: IncomingRecord) {
        time =
            record.header("ce_time").flatMap { Timestamp(rfc3339: $0) }
            ?? (record.timestampMilliseconds >= 0 ? Timestamp(microseconds: record.timestampMilliseconds * 1000) : nil)
        type = record.header("ce_type") ?? "?"
        team = record.header("ce_teamid")
        do throws(RecordError) {
            (word, facts) = try RecordFacts.of(record)
            isBroken = false
        } catch {
            word = ""
            facts = "\(record.value.count) bytes that cannot be read: \(error)"
            isBroken = true
        }
    }

    /// `07:08:36.123  tocsin.incident.opened.v1  critical  #12 …  [3]@42`
    func line(place: String, hasColour: Bool) -> String {
        func painted(_ text: String, _ colour: Colour?) -> String { hasColour ? colour?.on(text) ?? text : text }
        let clock = time.map { String($0.rfc3339.dropLast().prefix(23)).replacingT } ?? "-"
        var parts = [painted(clock, .dim), painted(Printable.line(type), .cyan)]
        if !word.isEmpty { parts.append(painted(word, Colour.ofWord(word))) }
        parts.append(painted(Printable.line(facts), isBroken ? .red : nil))
        parts.append(painted(place, .dim))
        return parts.joined(separator: "  ")
    }
}

extension String {
    /// `2026-11-21T07:08:36.123` with a blank in the middle.
    fileprivate var replacingT: String { String(map { $0 == "T" ? " " : $0 }) }
}

import JSON

/// The bytes of a record of `tocsin.signals`: one JSON object, its fields in the order of `encode`, labels and annotations in the order of
/// their names. Measured first and then written, into one block.
package struct SignalRecord {
    package var teamID: TeamID
    package var source: String
    package var fingerprint: Fingerprint
    package var status: Signal.Status
    package var startsAt: Timestamp
    package var endsAt: Timestamp?
    package var expiresAt: Timestamp?
    package var groupingKey: GroupingKey
    package var labels: LabelSet
    package var annotations: LabelSet
    package var generatorURL: String?
    package var receivedAt: Timestamp
    package var traceparent: String?

    package init(
        teamID: TeamID, source: String, fingerprint: Fingerprint, status: Signal.Status, times: (start: Timestamp, end: Timestamp?),
        expiresAt: Timestamp?, groupingKey: GroupingKey, labels: LabelSet, annotations: LabelSet, generatorURL: String?,
        receivedAt: Timestamp, traceparent: String?
    ) {
        self.teamID = teamID
        self.source = source
        self.fingerprint = fingerprint
        self.status = status
        startsAt = times.start
        endsAt = times.end
        self.expiresAt = expiresAt
        self.groupingKey = groupingKey
        self.labels = labels
        self.annotations = annotations
        self.generatorURL = generatorURL
        self.receivedAt = receivedAt
        self.traceparent = traceparent
    }

    package func encode() -> [UInt8] {
        let texts = Texts(self)
        let size = texts.size + Self.size(labels) + Self.size(annotations)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            var cursor = JSONCursor(start)
            texts.writeHead(&cursor)
            Self.write(#","labels":"#, labels, &cursor)
            Self.write(#","annotations":"#, annotations, &cursor)
            texts.writeTail(&cursor)
            count = cursor.end - start
            precondition(count == size, "the record is not as long as it was measured")
        }
    }

    private static func added(_ map: LabelSet) -> Int { map.withBytes { JSONEscaping.added($0) } }

    /// Braces, and of each label four quotes and a colon, and commas between them.
    private static func size(_ map: LabelSet) -> Int { 2 + map.byteCount + added(map) + 5 * map.count + max(0, map.count - 1) }

    private static func write(_ lead: StaticString, _ map: LabelSet, _ cursor: inout JSONCursor) {
        cursor.literal(lead)
        cursor.literal("{")
        var isFirst = true
        map.forEachSlice { name, value in
            if !isFirst { cursor.literal(",") }
            isFirst = false
            cursor.string(name)
            cursor.literal(":")
            cursor.string(value)
        }
        cursor.literal("}")
    }
}

/// The fields of a record beside its two maps, as texts.
private struct Texts {
    private let record: SignalRecord
    private let team: String
    private let startsAt: String
    private let endsAt: String?
    private let expiresAt: String?
    private let receivedAt: String

    init(_ record: SignalRecord) {
        self.record = record
        team = record.teamID.description
        startsAt = record.startsAt.rfc3339
        endsAt = record.endsAt?.rfc3339
        expiresAt = record.expiresAt?.rfc3339
        receivedAt = record.receivedAt.rfc3339
    }

    /// Bytes of all fields, and of what stands before and behind the two maps.
    var size: Int {
        let marks = #"{"teamId":,"source":,"fingerprint":,"status":,"startsAt":,"groupingKey":,"labels":,"annotations":,"receivedAt":}"#
        let plain = team.utf8.count + startsAt.utf8.count + receivedAt.utf8.count + record.status.rawValue.utf8.count + 2 * 7
        let escaped = Self.escaped(record.source) + Self.escaped(record.fingerprint.text) + Self.escaped(record.groupingKey.text)
        return marks.utf8.count + plain + escaped + Self.size(#","endsAt":"#, endsAt) + Self.size(#","expiresAt":"#, expiresAt)
            + Self.size(#","generatorURL":"#, record.generatorURL) + Self.size(#","traceparent":"#, record.traceparent)
    }

    func writeHead(_ cursor: inout JSONCursor) {
        Self.write(#"{"teamId":"#, team, &cursor)
        Self.write(#","source":"#, record.source, &cursor)
        Self.write(#","fingerprint":"#, record.fingerprint.text, &cursor)
        Self.write(#","status":"#, record.status.rawValue, &cursor)
        Self.write(#","startsAt":"#, startsAt, &cursor)
        Self.write(#","endsAt":"#, endsAt, &cursor)
        Self.write(#","expiresAt":"#, expiresAt, &cursor)
        Self.write(#","groupingKey":"#, record.groupingKey.text, &cursor)
    }

    func writeTail(_ cursor: inout JSONCursor) {
        Self.write(#","generatorURL":"#, record.generatorURL, &cursor)
        Self.write(#","receivedAt":"#, receivedAt, &cursor)
        Self.write(#","traceparent":"#, record.traceparent, &cursor)
        cursor.literal("}")
    }

    private static func escaped(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { $0.count + JSONEscaping.added($0) }
    }

    private static func size(_ lead: StaticString, _ text: String?) -> Int { text.map { lead.utf8CodeUnitCount + 2 + escaped($0) } ?? 0 }

    private static func write(_ lead: StaticString, _ text: String?, _ cursor: inout JSONCursor) {
        guard var text else { return }
        cursor.literal(lead)
        text.withUTF8 { cursor.string($0) }
    }
}

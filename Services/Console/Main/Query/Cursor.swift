import FoundationEssentials
import Models

/// Where a list goes on: after the row of this time and id, in this order. Clients get it as opaque text.
struct Cursor: Sendable, Hashable {
    /// Which list and order it belongs to.
    let kind: UInt8
    let time: Timestamp
    let id: UUID

    init(kind: UInt8, time: Timestamp, id: UUID) {
        self.kind = kind
        self.time = time
        self.id = id
    }

    /// nil when the text was not made by `text`, or its time is none that PostgreSQL holds.
    init?(_ text: String) {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text), bytes.count == 26, bytes[0] == Self.version else { return nil }
        let micros = bytes[2..<10].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let time = Timestamp(microseconds: Int64(bitPattern: micros))
        guard Self.times.contains(time.microseconds) else { return nil }
        let b = Array(bytes[10...])
        let uuid = UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            ))
        self.init(kind: bytes[1], time: time, id: uuid)
    }

    var text: String {
        let micros = UInt64(bitPattern: time.microseconds)
        let uuid = withUnsafeBytes(of: id.uuid) { Array($0) }
        return Base64URL.encode([Self.version, kind] + (0..<8).map { UInt8(truncatingIfNeeded: micros >> (56 - 8 * $0)) } + uuid)
    }

    private static let version: UInt8 = 1
    /// The years 1 to 9999.
    private static let times: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999
}

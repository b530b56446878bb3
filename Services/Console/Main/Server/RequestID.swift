import FoundationEssentials
import HTTPTypes

/// Names a request in answers and logs.
enum RequestID {
    static let header = HTTPField.Name("X-Request-Id")

    /// The client's `X-Request-Id` when it is 1 to 64 of `[A-Za-z0-9._-]`, else a new one.
    static func take(_ headers: HTTPFields) -> String {
        guard let sent = header.flatMap({ headers[$0] }), (1...64).contains(sent.utf8.count), sent.utf8.allSatisfy(isSafe) else {
            return UUID().uuidString.lowercased()
        }
        return sent
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: ".-_".utf8.contains(byte)
        }
    }
}

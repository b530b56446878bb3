/// Names a request in answers and logs.
enum RequestID {
    /// The sender's `X-Request-Id` when it is 1 to 64 of `[A-Za-z0-9._-]`, else a new one.
    static func take(_ header: String?) -> String {
        guard let header, (1...64).contains(header.utf8.count), header.utf8.allSatisfy(isSafe) else {
            return RandomID.uuid()
        }
        return header
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: ".-_".utf8.contains(byte)
        }
    }
}

/// W3C Trace Context, `00-<32 hex>-<16 hex>-<2 hex>` (https://www.w3.org/TR/trace-context/#traceparent-header).
enum TraceParent {
    /// The sender's when it is valid, else a new trace.
    static func take(_ header: String?) -> String {
        guard let header, isValid(header) else { return random() }
        return header
    }

    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.map(\.utf8.count) == [2, 32, 16, 2], parts.allSatisfy({ $0.utf8.allSatisfy(isLowerHex) }) else {
            return false
        }
        // ff is forbidden, and all zeroes mean that there is no trace.
        return parts[0] == "00" && parts[1].utf8.contains { $0 != UInt8(ascii: "0") } && parts[2].utf8.contains { $0 != UInt8(ascii: "0") }
    }

    static func random() -> String {
        RandomID.traceparent()
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

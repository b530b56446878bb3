import Models

/// The context attributes of a CloudEvent that Tocsin looks at; extensions are left alone.
struct EventAttributes {
    /// Place of the event in the body.
    let path: String
    let isFromHeaders: Bool
    let id: String
    let source: String
    let type: String
    let subject: String?
    let time: Timestamp?

    /// An event in JSON.
    init(_ event: BodyReader) throws(SourceRefusal) {
        path = event.path
        isFromHeaders = false
        try EventAttributes.check(version: try event.string("specversion"), field: event.path("specversion"))
        id = try event.string("id")
        source = try event.string("source")
        type = try event.string("type")
        subject = try event["subject"] == nil ? nil : event.string("subject")
        time = try event.optionalTime("time")
        try checkPrintable()
    }

    /// An event in `ce-` headers, whose names come without the prefix.
    init(headers: [String: String]) throws(SourceRefusal) {
        path = ""
        isFromHeaders = true
        guard headers["datacontenttype"] == nil else {
            throw .invalid(
                "ce-datacontenttype", "In binary mode the data's media type stands in Content-Type. Leave ce-datacontenttype out.")
        }
        try EventAttributes.check(version: try EventAttributes.required("specversion", headers), field: "ce-specversion")
        id = try EventAttributes.required("id", headers)
        source = try EventAttributes.required("source", headers)
        type = try EventAttributes.required("type", headers)
        subject = try EventAttributes.optional("subject", headers)
        time = try EventAttributes.optional("time", headers).map { text throws(SourceRefusal) in
            guard let time = Timestamp(rfc3339: text) else {
                throw .invalid("ce-time", "ce-time is no RFC 3339 time. Write it as 2026-11-21T05:55:16Z.")
            }
            return time
        }
        try checkPrintable()
    }

    /// What becomes `ce_` labels; the id is not among them, since it differs from event to event.
    var labels: [(name: String, value: String)] {
        [("source", source), ("type", type)] + (subject.map { [("subject", $0)] } ?? [])
    }

    /// Source and id name an event (section 3.1.1 of the specification); too long ones are hashed.
    var fingerprint: Fingerprint {
        if let plain = Fingerprint(fromSender: "\(source)#\(id)") { return plain }
        var hash = FNV1a()
        hash.combine(source)
        hash.combine(byte: 0xFF)
        hash.combine(id)
        return Fingerprint("cloudevent-\(hash.hex)")
    }

    private func field(_ name: String) -> String { isFromHeaders ? "ce-\(name)" : path.field(name) }

    private func checkPrintable() throws(SourceRefusal) {
        for (name, value) in labels + [("id", id)] where !value.isPrintable {
            throw .invalid(field(name), "\(name) has control characters, which CloudEvents does not allow.")
        }
    }

    private static func check(version: String, field: String) throws(SourceRefusal) {
        guard version == "1.0" else { throw .invalid(field, "specversion must be \"1.0\".") }
    }

    private static func required(_ name: String, _ headers: [String: String]) throws(SourceRefusal) -> String {
        guard let text = try optional(name, headers) else { throw .missing("ce-\(name)", "The header ce-\(name) is missing.") }
        return text
    }

    private static func optional(_ name: String, _ headers: [String: String]) throws(SourceRefusal) -> String? {
        guard let raw = headers[name] else { return nil }
        guard let text = EventHeader.decode(raw) else {
            throw .invalid("ce-\(name)", "The header ce-\(name) is wrongly percent-encoded, or no UTF-8.")
        }
        guard !text.isEmpty else { throw .invalid("ce-\(name)", "The header ce-\(name) is empty.") }
        return text
    }
}

/// Values of `ce-` headers (HTTP protocol binding, section 3.1.3.2).
enum EventHeader {
    /// Undoes quoting, then one round of percent-encoding. nil: a `%` without two hex digits, or no UTF-8.
    static func decode(_ value: String) -> String? {
        let bytes = unquoted(Array(value.utf8))
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2]) else { return nil }
            decoded.append(high << 4 | low)
            index += 3
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func unquoted(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return bytes }
        var unquoted: [UInt8] = []
        var isEscaped = false
        for byte in bytes.dropFirst().dropLast() {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
                continue
            }
            unquoted.append(byte)
            isEscaped = false
        }
        return unquoted
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

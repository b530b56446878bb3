package import Models

/// Why a signal that can be read still cannot be stored: it goes to the dead letters.
package struct SignalFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// The calendar of timestamps that PostgreSQL can hold and RFC 3339 can write: the years 1 to 9999.
    private static let storableSeconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// nil when the signal is fit.
    package init?(of signal: Signal) {
        if signal.fingerprint.text.isEmpty || signal.fingerprint.text.utf8.count > Fingerprint.maxBytes {
            self.description = "fingerprint: must have 1 to \(Fingerprint.maxBytes) bytes"
        } else if let field = SignalFault.textWithNull(in: signal) {
            self.description = "\(field): holds U+0000"
        } else if let field = SignalFault.timeOutOfRange(in: signal) {
            self.description = "\(field): is outside the years 1 to 9999"
        } else if signal.status == .resolved, signal.endsAt == nil {
            self.description = "endsAt: is missing from a resolved alert"
        } else {
            return nil
        }
    }

    /// PostgreSQL's text has no U+0000.
    private static func textWithNull(in signal: Signal) -> String? {
        let texts: [(String, String)] = [
            ("source", signal.source), ("fingerprint", signal.fingerprint.text), ("groupingKey", signal.groupingKey.text),
            ("generatorURL", signal.generatorURL ?? ""),
        ]
        if let found = texts.first(where: { hasNull($0.1) }) { return found.0 }
        if signal.labels.contains(where: { hasNull($0.key) || hasNull($0.value) }) { return "labels" }
        if signal.annotations.contains(where: { hasNull($0.key) || hasNull($0.value) }) { return "annotations" }
        return nil
    }

    private static func hasNull(_ text: String) -> Bool { text.utf8.contains(0) }

    private static func timeOutOfRange(in signal: Signal) -> String? {
        let times: [(String, Timestamp?)] = [
            ("startsAt", signal.startsAt), ("endsAt", signal.endsAt), ("expiresAt", signal.expiresAt), ("receivedAt", signal.receivedAt),
        ]
        return times.first { $0.1.map { !storableSeconds.contains($0.secondsSinceEpoch) } ?? false }?.0
    }
}

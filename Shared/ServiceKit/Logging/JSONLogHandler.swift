import JSON
package import Logging
import Models

/// Writes each event as one line of JSON: `{"ts","level","service","instance","message", metadata...}`.
///
/// A line is at most 8 KiB: long values are cut, and what still does not fit is left out and said so with `"log.truncated":true`.
/// Control characters, also the ones that steer terminals, cannot leave the line.
package struct JSONLogHandler: LogHandler {
    package static let maxLineBytes = 8192
    /// UTF-8 bytes of one metadata value or message.
    static let maxValueBytes = 2048
    /// Room for the truncation mark and the closing bracket.
    private static let reservedBytes = 32

    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let service: String
    private let instance: String
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter write: takes one line with its newline; must not block for long.
    package init(service: String, instance: String, level: Logger.Level, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.service = service
        self.instance = instance
        logLevel = level
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let given = event.metadata { merged.merge(given) { $1 } }
        if let error = event.error { merged["error"] = "\(error)" }
        write(line(level: event.level, message: event.message.description, metadata: merged))
    }

    private func line(level: Logger.Level, message: String, metadata: Logger.Metadata) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        let head = [
            ("ts", SystemClock.now().rfc3339), ("level", level.rawValue), ("service", service), ("instance", instance),
            ("message", message),
        ]
        var isTruncated = false
        for (key, value) in head where !append(key, value, to: &bytes) { isTruncated = true }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where !append(key, value.description, to: &bytes) {
            isTruncated = true
        }
        if isTruncated { bytes += #","log.truncated":true"#.utf8 }
        bytes += "}\n".utf8
        return bytes
    }

    /// False when the field would make the line too long, and is left out.
    private func append(_ key: String, _ value: String, to bytes: inout [UInt8]) -> Bool {
        var writer = JSONWriter(reserving: value.utf8.count + 16)
        writer.value(LogText.printable(value, maxBytes: Self.maxValueBytes))
        var name = JSONWriter(reserving: key.utf8.count + 8)
        name.value(LogText.printable(key, maxBytes: 128))
        let field = (bytes.count > 1 ? [UInt8(ascii: ",")] : []) + name.bytes + [UInt8(ascii: ":")] + writer.bytes
        guard bytes.count + field.count <= Self.maxLineBytes - Self.reservedBytes else { return false }
        bytes += field
        return true
    }
}

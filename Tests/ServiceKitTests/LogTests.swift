import JSON
import Logging
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct LogTests {
    private final class Sink: Sendable {
        let lines = Mutex<[[UInt8]]>([])
        func logger() -> Logger {
            Logger(label: "test") { _ in
                JSONLogHandler(service: "example", instance: "host-1", level: .debug) { line in self.lines.withLock { $0.append(line) } }
            }
        }
    }

    private func line(_ log: (Logger) -> Void) throws -> [UInt8] {
        let sink = Sink()
        log(sink.logger())
        let lines = sink.lines.withLock { $0 }
        try #require(lines.count == 1)
        return lines[0]
    }

    @Test("an event is one line of JSON with its metadata")
    func oneLine() throws {
        let bytes = try line { $0.warning("went wrong", metadata: ["incident.id": "4711", "request.id": "r1"]) }
        #expect(bytes.last == UInt8(ascii: "\n"))
        let root = try JSONDocument.parse(Array(bytes.dropLast())).root
        #expect(root["level"]?.string == "warning")
        #expect(root["service"]?.string == "example")
        #expect(root["instance"]?.string == "host-1")
        #expect(root["message"]?.string == "went wrong")
        #expect(root["incident.id"]?.string == "4711")
        #expect(root["request.id"]?.string == "r1")
        #expect(root["ts"]?.string?.hasSuffix("Z") == true)
    }

    @Test(
        "control characters cannot leave the line or steer a terminal",
        arguments: ["a\r\nb", "\u{1B}[31mred", "\u{9B}31m", "x\u{2028}y", "nul\u{0}", "\u{7F}", "\u{202E}evil"])
    func injection(text: String) throws {
        let bytes = try line { $0.info("m", metadata: ["value": "\(text)"]) }
        #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        let raw = String(decoding: bytes, as: UTF8.self)
        #expect(!raw.unicodeScalars.contains { (0x80...0x9F).contains($0.value) || $0.value == 0x2028 || $0.value == 0x202E })
        #expect(throws: Never.self) { try JSONDocument.parse(Array(bytes.dropLast())) }
    }

    @Test("a line stays within 8 KiB, whatever is logged", arguments: ["a", "é", "\u{1}", "😀"])
    func bounded(character: String) throws {
        let long = String(repeating: character, count: 20_000)
        let metadata = Dictionary(uniqueKeysWithValues: (1...50).map { ("key\($0)", Logger.MetadataValue.string(long)) })
        let bytes = try line { $0.error("\(long)", metadata: metadata) }
        #expect(bytes.count <= JSONLogHandler.maxLineBytes)
        let root = try JSONDocument.parse(Array(bytes.dropLast())).root
        #expect(root["log.truncated"]?.bool == true)
        #expect(root["level"]?.string == "error")
    }
}

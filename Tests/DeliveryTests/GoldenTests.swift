import Delivery
import FoundationEssentials
import Models
import Testing

/// The rendered requests, byte for byte. After a wanted change: TOCSIN_RECORD_GOLDEN=<path of GoldenRequests.swift> and run again.
@Suite struct GoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let type: String
        let kind: IncidentEvent.Kind
        let part: DeliveryPart
        var name: String { "\(type) \(kind.rawValue) \(part.number)" }
        var testDescription: String { name }

        func render() throws -> String {
            let thread = kind == .opened ? nil : Fixture.thread(type)
            return Fixture.text(
                try Fixture.channel(type).render(Fixture.context(try Fixture.event(kind), part: part, thread: thread)))
        }
    }

    static let cases: [Case] = Fixture.types.flatMap { type in
        IncidentEvent.Kind.allCases.flatMap { kind in
            (Fixture.registry?.type(type)?.parts(for: kind, hasThread: kind != .opened) ?? []).map {
                Case(type: type, kind: kind, part: $0)
            }
        }
    }

    @Test(arguments: cases) func theRequestIsTheOneOnRecord(_ example: Case) throws {
        #expect(try example.render() == goldenRequests[example.name])
    }

    @Test func nothingIsOnRecordThatIsNotRendered() {
        #expect(Set(goldenRequests.keys) == Set(Self.cases.map(\.name)))
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["TOCSIN_RECORD_GOLDEN"] != nil, "only on request")) func record() throws {
        let path = try #require(ProcessInfo.processInfo.environment["TOCSIN_RECORD_GOLDEN"])
        var source = "// swift-format-ignore-file\n// Recorded by GoldenTests.\nlet goldenRequests: [String: String] = [\n"
        for example in Self.cases { source += "    \"\(example.name)\": ##\"\"\"\n\(try example.render())\n\"\"\"##,\n" }
        try (source + "]\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
}

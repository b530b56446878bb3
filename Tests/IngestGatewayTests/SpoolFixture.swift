import FoundationEssentials
import Logging
import Models
import Store

@testable import ingest_gateway

/// A folder for one spool, gone with the last reference.
final class SpoolScratch: Sendable {
    let path = "\(FileManager.default.temporaryDirectory.path)/tocsin-spool-\(UInt64.random(in: 0...UInt64.max))"

    var file: String { "\(path)/\(SpoolFile.name)" }

    deinit {
        // Left behind it harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Bytes of all files together.
    var size: Int {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) { sum, name in
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
                return sum + Int(attributes[.size] as? UInt64 ?? 0)
            }
        }
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

extension SpoolLimits {
    static let small = SpoolLimits(maxBytes: 1 << 20, maxAgeSeconds: 3600)
}

extension Fixture {
    /// A gateway with a spool in that folder; one log for both.
    static func spooling(_ scratch: SpoolScratch, _ limits: SpoolLimits = .small) async throws -> Fixture {
        let log = LogRecorder()
        return Fixture(log: log, spool: try await Spool.open(scratch, limits, log: log))
    }
}

extension Spool {
    /// As the gateway opens it at its start.
    static func open(
        _ scratch: SpoolScratch, _ limits: SpoolLimits = .small, log: LogRecorder = LogRecorder()
    ) async throws -> Spool {
        try await SpoolOpening.open(
            SpoolConfig(folder: scratch.path, limits: limits), clock: { Fixture.now }, logger: Logger(label: "test") { _ in log })
    }

    /// Stores one request, as the gateway does while the broker is away.
    func keep(_ facts: [Fact]) async throws {
        let way = publishFailed(facts, policy: .spool, reason: "test")
        guard case .store(let estimate) = way else { throw GatewayRefusal.internal }
        try await store(facts, estimate: estimate, deadline: .now.advanced(by: .seconds(20)))
    }

    /// Ids of what waits, in order.
    func waiting() async throws -> [String] {
        try await store?.oldest(records: 100_000, bytes: .max).compactMap { $0.fact?.id } ?? []
    }
}

extension Fact {
    static func numbered(_ number: Int, payloadBytes: Int = 100) -> Fact {
        Fact(
            topic: .signals, key: "team/service=\(number % 7)", teamID: TeamID.random(), id: "id-\(number)", type: Signal.recordType,
            source: "/tocsin/ingest-gateway", time: Fixture.now, traceparent: number % 2 == 0 ? "00-trace" : nil,
            payload: Array(repeating: UInt8(ascii: "x"), count: payloadBytes))
    }
}

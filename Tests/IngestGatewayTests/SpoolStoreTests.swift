import FoundationEssentials
import GRDB
import Logging
import Models
import ServiceKit
import Synchronization
import Testing

@testable import ingest_gateway

/// The spool on a real disk.
@Suite struct SpoolStoreTests {
    private let scratch = SpoolScratch()

    private func ids(_ numbers: some Sequence<Int>) -> [String] { numbers.map { "id-\($0)" } }

    @Test func whatWasStoredIsThereAfterTheProcessIsGone() async throws {
        let facts = (0..<5).map { Fact.numbered($0) }
        do {
            let spool = try await Spool.open(scratch)
            try await spool.keep(Array(facts[0..<3]))
            try await spool.keep(Array(facts[3..<5]))
            await spool.store?.close()
        }
        let again = try await Spool.open(scratch)
        #expect(again.course.mode == .spooling && again.course.contents.records == 5)
        #expect(again.course.contents.oldest == Fixture.now)
        let rows = try await again.store?.oldest(records: 10, bytes: .max)
        #expect(rows?.map(\.fact) == facts)
    }

    @Test func everyCommitIsOnTheDiskBeforeItIsAcknowledged() async throws {
        let spool = try await Spool.open(scratch)
        try await spool.keep([.numbered(1)])
        // As after a loss of power: what another process sees in copies of the files, without anything that this one still holds.
        let copy = SpoolScratch()
        try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
        for name in [SpoolFile.name, SpoolFile.name + "-wal"] {
            try FileManager.default.copyItem(atPath: "\(scratch.path)/\(name)", toPath: "\(copy.path)/\(name)")
        }
        #expect(try await Spool.open(copy).waiting() == ["id-1"])
    }

    @Test func requestsOfOneMomentAreCommittedTogetherAndInFullEach() async throws {
        let spool = try await Spool.open(scratch, SpoolLimits(maxBytes: 64 << 20, maxAgeSeconds: 3600))
        try await withThrowingTaskGroup { group in
            for request in 0..<200 {
                group.addTask { try await spool.keep((0..<3).map { Fact.numbered(request * 3 + $0) }) }
            }
            try await group.waitForAll()
        }
        let waiting = try await spool.waiting()
        #expect(waiting.count == 600 && Set(waiting).count == 600)
        #expect(spool.course.contents.records == 600 && spool.course.storingRequests == 0)
        for request in 0..<200 {
            let place = try #require(waiting.firstIndex(of: "id-\(request * 3)"))
            #expect(waiting[place...].prefix(3).elementsEqual(ids(request * 3..<request * 3 + 3)))
        }
    }

    @Test(arguments: [60, 900, 2100, 5000, 40_000]) func theFilesNeverTakeMoreThanTheLimit(_ payloadBytes: Int) async throws {
        let spool = try await Spool.open(scratch)
        var stored = 0
        var largest = 0
        for number in 0..<20_000 {
            do { try await spool.keep([.numbered(number, payloadBytes: payloadBytes)]) } catch { break }
            stored += 1
            if number % 50 == 0 { largest = max(largest, try scratch.size) }
        }
        largest = max(largest, try scratch.size)
        #expect(spool.course.isFull && spool.course.trouble == nil)
        #expect(largest <= SpoolLimits.small.maxBytes)
        #expect(stored * payloadBytes > SpoolLimits.small.maxBytes / (payloadBytes < 100 ? 8 : 4), "\(stored) of \(payloadBytes) bytes")
        #expect(try await spool.waiting().count == stored)
    }

    @Test func anEmptiedSpoolGivesTheDiskBack() async throws {
        let fixture = try await Fixture.spooling(scratch)
        for number in 0..<100 { try await fixture.spool.keep([.numbered(number, payloadBytes: 5000)]) }
        #expect(try scratch.size > 400_000)
        await fixture.drainAll()
        #expect(fixture.spool.course.mode == .direct)
        #expect(try scratch.size < 100_000)
        try await fixture.spool.keep([.numbered(100)])
        #expect(try await fixture.spool.waiting() == ["id-100"])
    }

    @Test func twoGatewaysCannotShareAFolder() async throws {
        let spool = try await Spool.open(scratch)
        let refused = await #expect(throws: StartRefused.self) { try await Spool.open(scratch) }
        #expect(refused?.description.contains("in use by another gateway") == true && refused?.exitCode == 78)
        try await spool.keep([.numbered(1)])
    }

    @Test func aFolderThatCannotBeMadeIsAStartError() throws {
        try Data("x".utf8).write(to: URL(filePath: scratch.path))
        #expect(throws: StartRefused.self) {
            try SpoolFolder("\(scratch.path)/below-a-file")
        }
    }

    @Test func aFileThatIsNoDatabaseIsSetAsideAndTheServiceStarts() async throws {
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        try Data(String(repeating: "garbage ", count: 1000).utf8).write(to: URL(filePath: scratch.file))
        let log = LogRecorder()
        let spool = try await Spool.open(scratch, log: log)
        #expect(spool.course.mode == .direct && spool.course.trouble == nil)
        try await spool.keep([.numbered(1)])
        #expect(try await spool.waiting() == ["id-1"])
        let aside = try #require(try scratch.names.first { $0.hasPrefix("spool.damaged-20261121T060000Z-") })
        #expect(try Data(contentsOf: URL(filePath: "\(scratch.path)/\(aside)")).count == 8000)
        #expect(log.text.contains("error the spool was damaged"))
    }

    @Test func whatCanBeReadOfADamagedFileIsTakenOverInOrder() async throws {
        do {
            let spool = try await Spool.open(scratch)
            for number in 0..<60 { try await spool.keep([.numbered(number, payloadBytes: 3000)]) }
            await spool.store?.close()
        }
        let size = try scratch.size
        var bytes = try Data(contentsOf: URL(filePath: scratch.file))
        let page = size / 2 / 4096 * 4096
        bytes.replaceSubrange(page..<page + 4096, with: Data(repeating: 0xA5, count: 4096))
        try bytes.write(to: URL(filePath: scratch.file))
        let spool = try await Spool.open(scratch)
        let saved = try await spool.waiting()
        let numbers = try saved.map { try #require(Int($0.dropFirst(3))) }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect((50..<60).contains(numbers.count), "all but what was on the damaged page: \(numbers)")
        #expect(numbers.first == 0 && numbers.last == 59)
        #expect(spool.course.mode == .spooling)
        try await spool.keep([.numbered(60)])
        #expect(try await spool.waiting().last == "id-60")
    }

    @Test func aFileOfANewerReleaseIsLeftAlone() async throws {
        do { await (try await Spool.open(scratch)).store?.close() }
        let file = try DatabaseQueue(path: scratch.file)
        try await file.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try file.close()
        let log = LogRecorder()
        let spool = try await Spool.open(scratch, log: log)
        #expect(spool.course.trouble == .other && log.text.contains("newer release"))
        #expect(try scratch.names.allSatisfy { !$0.contains("damaged") })
    }

    @Test func aFullDiskIsAnsweredAndHealsByItself() async throws {
        // The file stops growing, as on a full disk, long before the limit that the gateway knows of.
        let log = LogRecorder()
        let logger = Logger(label: "test") { _ in log }
        let store = SpoolStore(folder: try SpoolFolder(scratch.path), limits: .small, clock: { Fixture.now }, logger: logger)
        let contents = try await store.open(checks: true)
        let spool = Spool(
            store: store, limits: SpoolLimits(maxBytes: 1 << 30, maxAgeSeconds: 3600), contents: contents, clock: { Fixture.now },
            logger: logger)
        let fixture = Fixture(spool: spool)
        fixture.isBrokerAway.withLock { $0 = true }
        var stored = 0
        var refusal: GatewayRefusal?
        while refusal == nil, stored < 1000 {
            do { try await spool.keep([.numbered(stored, payloadBytes: 5000)]) } catch { refusal = error as? GatewayRefusal }
            if refusal == nil { stored += 1 }
        }
        #expect(refusal?.code == .spoolFailed && refusal?.status == 503)
        #expect(spool.course.trouble == .diskFull && !spool.health.isOK && spool.health.detail.contains("disk_full"))
        var progress = SpoolDrain.Progress()
        #expect(await fixture.drain.pass(&progress) == .failed)
        #expect(spool.course.trouble == .diskFull)
        fixture.isBrokerAway.withLock { $0 = false }
        await fixture.drainAll()
        #expect(spool.course.trouble == nil && spool.course.mode == .direct && spool.health.isOK)
        #expect(fixture.facts.map(\.id) == ids(0..<stored))
        #expect(log.text.contains("error the spool takes no alerts: the disk fails (disk_full)"))
        #expect(log.text.contains("notice the spool takes alerts again"))
    }
}

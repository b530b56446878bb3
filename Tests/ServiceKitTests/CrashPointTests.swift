import Testing

@testable import ServiceKit

@Suite struct CrashPointTests {
    @Test("a crash point is armed by name and passing", arguments: CrashPoint.allCases)
    func parses(point: CrashPoint) {
        #expect(CrashPoint.Armed("\(point.rawValue):3") == CrashPoint.Armed(point, passing: 3))
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "batch.committed", "batch.committed:", "batch.committed:0", "batch.committed:-1", "batch.committed:x", "batch:1",
            "batch.committed:1:2", ":1",
        ])
    func refuses(text: String) { #expect(CrashPoint.Armed(text) == nil) }

    @Test("a crash point that does not exist stops the start, and says which there are")
    func setting() {
        var settings = SettingsReader(environment: [
            "KAFKA_BROKERS": "127.0.0.1:1", "DATABASE_URL": "postgresql://x", "CRASHPOINT": "batch.comitted:1",
        ])
        #expect(CommonConfig(from: &settings).crashPoint == nil)
        #expect(settings.faults.map(\.name) == ["CRASHPOINT"])
        #expect(settings.faults.first?.reason.contains("batch.committed") == true)
    }

    @Test("the process dies at the nth passing of that place, as by kill -9")
    func dies() async {
        await #expect(processExitsWith: .exitCode(137)) {
            CrashPoint.arm(CrashPoint.Armed(.batchCommitted, passing: 3))
            CrashPoint.batchCommitted.reach()
            CrashPoint.batchWritten.reach()
            CrashPoint.batchCommitted.reach()
            CrashPoint.batchCommitted.reach()
        }
    }

    @Test("it lives on before the nth passing, at other places, and when nothing is armed")
    func lives() async {
        await #expect(processExitsWith: .success) {
            for point in CrashPoint.allCases { point.reach() }
            CrashPoint.arm(CrashPoint.Armed(.batchCommitted, passing: 3))
            for point in CrashPoint.allCases { point.reach() }
            CrashPoint.batchCommitted.reach()
            CrashPoint.arm(nil)
            CrashPoint.batchCommitted.reach()
        }
    }
}

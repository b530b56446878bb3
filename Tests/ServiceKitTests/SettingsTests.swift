import Foundation
import ServiceKit
import Testing

private struct ExampleConfig: ServiceConfig {
    var token: String?
    var workers: Int
    var isStrict: Bool
    var mode: String
    var hosts: [String]

    init(from settings: inout SettingsReader) {
        token = settings.optionalString("EXAMPLE_TOKEN", secret: true, "Token of the example.")
        workers = settings.int("EXAMPLE_WORKERS", default: 4, in: 1...64, unit: "workers", "How many work at once.")
        isStrict = settings.bool("EXAMPLE_STRICT", default: false, "Whether to be strict.")
        mode = settings.choice("EXAMPLE_MODE", default: "slow", of: ["slow", "fast"], "How to go about it.")
        hosts = settings.list("EXAMPLE_HOSTS", default: ["a"], "Where.")
    }
}

@Suite struct SettingsTests {
    private let identity = ServiceIdentity(name: "example", defaultAdminPort: 9199, requiredSchemaVersion: 1)
    private let secret = "hunter2-canary"

    @Test("all faults are reported at once")
    func allFaults() {
        var settings = SettingsReader(environment: [
            "EXAMPLE_WORKERS": "65", "EXAMPLE_STRICT": "perhaps", "EXAMPLE_MODE": "FAST", "TOCSIN_ADMIN_PORT": "http",
        ])
        _ = CommonConfig(from: &settings)
        _ = ExampleConfig(from: &settings)
        #expect(
            Set(settings.faults.map(\.name)) == [
                "KAFKA_BROKERS", "DATABASE_URL", "TOCSIN_ADMIN_PORT", "EXAMPLE_WORKERS", "EXAMPLE_STRICT", "EXAMPLE_MODE",
            ])
    }

    @Test("values are read, blank ones count as absent")
    func values() {
        var settings = SettingsReader(environment: [
            "EXAMPLE_TOKEN": secret, "EXAMPLE_WORKERS": "64", "EXAMPLE_STRICT": "Yes", "EXAMPLE_MODE": "", "EXAMPLE_HOSTS": " x , ,y",
        ])
        let config = ExampleConfig(from: &settings)
        #expect(settings.faults.isEmpty)
        #expect(config.token == secret)
        #expect(config.workers == 64)
        #expect(config.isStrict)
        #expect(config.mode == "slow")
        #expect(config.hosts == ["x", "y"])
    }

    @Test("a secret appears neither in faults nor in declarations")
    func secretsStaySecret() {
        var settings = SettingsReader(environment: [
            "EXAMPLE_TOKEN": secret, "DATABASE_URL": "postgresql://u:\(secret)@h/d", "TOCSIN_KAFKA_PROPERTIES": secret,
            "EXAMPLE_WORKERS": "0",
        ])
        _ = CommonConfig(from: &settings)
        _ = ExampleConfig(from: &settings)
        #expect(settings.faults.contains { $0.name == "TOCSIN_KAFKA_PROPERTIES" })
        #expect(!"\(settings.faults)".contains(secret))
        #expect(!"\(settings.declared)".contains(secret))
        #expect(!settingsTable(settings.declared).contains(secret))
    }

    @Test("a secret may come from a file")
    func secretFile() throws {
        let path = NSTemporaryDirectory() + "tocsin-secret-\(UUID().uuidString)"
        try (secret + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var settings = SettingsReader(environment: ["EXAMPLE_TOKEN_FILE": path])
        #expect(ExampleConfig(from: &settings).token == secret)
        var broken = SettingsReader(environment: ["EXAMPLE_TOKEN_FILE": path + "-absent"])
        _ = ExampleConfig(from: &broken)
        #expect(broken.faults.map(\.name) == ["EXAMPLE_TOKEN_FILE"])
    }

    @Test("Kafka properties are pairs")
    func kafkaProperties() {
        var settings = SettingsReader(environment: [
            "KAFKA_BROKERS": "b:9092", "DATABASE_URL": "postgresql://h/d",
            "TOCSIN_KAFKA_PROPERTIES": "security.protocol=SASL_SSL;sasl.password=a=b",
        ])
        let config = CommonConfig(from: &settings)
        #expect(settings.faults.isEmpty)
        #expect(config.kafkaProperties == ["security.protocol": "SASL_SSL", "sasl.password": "a=b"])
    }

    @Test("the table of settings names each one once, with the service's own port")
    func table() {
        let declared = Bootstrap.declarations(identity, ExampleConfig.self)
        #expect(Set(declared.map(\.name)).count == declared.count)
        let table = settingsTable(declared)
        #expect(table.contains("| `KAFKA_BROKERS` | string | required |"))
        #expect(table.contains("| `TOCSIN_ADMIN_PORT` | int | `9199` | 0...65535 port |"))
        #expect(table.contains("| `EXAMPLE_MODE` | choice | `slow` | slow, fast | How to go about it. |"))
    }

    @Test("the entry answers questions and refuses bad settings with sysexits codes")
    func exitCodes() async {
        func run(_ arguments: [String], _ environment: [String: String] = [:]) async -> Int32 {
            await Bootstrap.run(
                identity, ExampleConfig.self, arguments: arguments, settings: SettingsReader(environment: environment)
            ) { _, _ in [] }
        }
        #expect(await run(["--version"]) == 0)
        #expect(await run(["--print-settings"]) == 0)
        #expect(await run(["--help"]) == 64)
        #expect(await run([]) == 78)
        #expect(await run([], ["KAFKA_BROKERS": "b:1", "DATABASE_URL": "x", "EXAMPLE_WORKERS": "many"]) == 78)
    }
}

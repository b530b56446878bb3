// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours compiles under the same rules: Swift 6 mode, and a warning is an error.
let rules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting: Target.Dependency = .product(name: "HummingbirdTesting", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")

/// A library of `Shared/`: one border to the outside, or the values that cross it.
func shared(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Shared/\(name)", swiftSettings: rules)
}

/// The pure half of a service: decisions as values, no I/O.
func pure(_ name: String, of service: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: ["Models", "JSON"] + dependencies, path: "Services/\(service)/\(name)",
        resources: resources, swiftSettings: rules)
}

/// The executable half of a service: wiring, SQL and sockets.
func main(_ name: String, of service: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["Models", "JSON", "ServiceKit", "Store", "Postgres", "Kafka", lifecycle, logging, metrics, coreMetrics]
            + dependencies,
        path: "Services/\(service)/Main", swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: ["TestKit"] + dependencies, path: "Tests/\(name)Tests", resources: resources,
        swiftSettings: rules)
}

let package = Package(
    name: "tocsin",
    products: [
        .executable(name: "ingest-gateway", targets: ["ingest-gateway"]),
        .executable(name: "alert-grouper", targets: ["alert-grouper"]),
        .executable(name: "notifier", targets: ["notifier"]),
        .executable(name: "metrics-aggregator", targets: ["metrics-aggregator"]),
        .executable(name: "doc-publisher", targets: ["doc-publisher"]),
        .executable(name: "console", targets: ["console"]),
        .executable(name: "tocsin", targets: ["tocsin"]),
        .executable(name: "dev-broker", targets: ["dev-broker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        // Shared: C borders
        .systemLibrary(name: "CLibrdkafka", path: "Shared/CLibrdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CLibpq", path: "Shared/CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibcurl", path: "Shared/CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(
            name: "CSimdjson", path: "Shared/CSimdjson",
            cxxSettings: [.unsafeFlags(["-O2"])], linkerSettings: [.linkedLibrary("simdjson")]),

        // Shared: Swift
        shared("JSON", ["CSimdjson"]),
        shared("Models", ["JSON"]),
        shared("Kafka", ["CLibrdkafka", logging]),
        shared("Postgres", ["CLibpq", logging]),
        shared("Outbound", ["CLibcurl", logging]),
        shared(
            "ServiceKit",
            [
                "Models", "JSON", "Kafka", "Postgres", hummingbird, hummingbirdCore, lifecycle, unixSignals, logging, metrics, coreMetrics,
                tracing, configuration, httpTypes, nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1,
            ]),
        shared("Store", ["Models", "JSON", "Postgres", crypto]),

        // Services
        pure("AlertSources", of: "IngestGateway"),
        main("ingest-gateway", of: "IngestGateway", ["AlertSources", hummingbird, httpTypes, nioCore, grdb]),
        pure("Grouping", of: "AlertGrouper"),
        main("alert-grouper", of: "AlertGrouper", ["Grouping"]),
        pure("Delivery", of: "Notifier", [crypto]),
        main("notifier", of: "Notifier", ["Delivery", "Outbound"]),
        pure("Rollup", of: "MetricsAggregator"),
        main("metrics-aggregator", of: "MetricsAggregator", ["Rollup"]),
        pure("Publishing", of: "DocPublisher"),
        main("doc-publisher", of: "DocPublisher", ["Publishing"]),
        pure("Views", of: "Console", [mustache]),
        main("console", of: "Console", ["Views", hummingbird, httpTypes, nioCore]),
        .executableTarget(
            name: "tocsin",
            dependencies: [
                "Models", "JSON", "ServiceKit", "Store", "Postgres", "Kafka", "Outbound", "Delivery", "Rollup", logging, arguments,
            ],
            path: "Services/Operator", swiftSettings: rules),

        // For a machine with nothing on it
        .executableTarget(name: "dev-broker", dependencies: ["CLibrdkafka"], path: "deploy/local/dev-broker", swiftSettings: rules),

        // Measured by Tests/Benchmarks/run
        .executableTarget(
            name: "codec-benchmark", dependencies: ["AlertSources", "Models", "JSON"], path: "Tests/Benchmarks/Codec",
            swiftSettings: rules),
        .executableTarget(
            name: "hot-paths", dependencies: ["AlertSources", "Grouping", "Delivery", "Postgres", "Models", "JSON"],
            path: "Tests/Benchmarks/HotPaths", swiftSettings: rules),

        // The pure halves of all services in one process, with a virtual clock and seeded faults
        .target(
            name: "Simulation",
            dependencies: ["Models", "JSON", "AlertSources", "Grouping", "Delivery", "Rollup", "ServiceKit", "Kafka"],
            path: "Tests/Simulation/Model", swiftSettings: rules),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation", arguments], path: "Tests/Simulation/Command", swiftSettings: rules),

        // Tests
        .target(
            name: "TestKit", dependencies: ["Models", "JSON", "Postgres", "Kafka", "CLibrdkafka", logging], path: "Tests/TestKit",
            swiftSettings: rules),
        tests("JSON", ["JSON"]),
        tests("Models", ["Models", "JSON"]),
        tests("Kafka", ["Kafka", logging]),
        tests("Postgres", ["Postgres", logging]),
        tests("Outbound", ["Outbound", logging]),
        tests(
            "ServiceKit",
            [
                "ServiceKit", "Models", "JSON", "Kafka", "Postgres", hummingbird, hummingbirdTesting, logging, metrics, coreMetrics,
                lifecycle, nioCore, nioHTTP1,
            ]),
        tests("Store", ["Store", "Models", "JSON", "Postgres", logging]),
        tests("AlertSources", ["AlertSources", "Models", "JSON"]),
        tests(
            "IngestGateway",
            [
                "ingest-gateway", "AlertSources", "Models", "JSON", "ServiceKit", "Store", hummingbird, hummingbirdTesting, logging,
                grdb,
            ]),
        tests("Grouping", ["alert-grouper", "Grouping", "Models", "JSON", "ServiceKit", "Store", "Postgres", "Kafka", logging]),
        tests("Delivery", ["Delivery", "Models", "JSON"]),
        tests("Notifier", ["notifier", "Delivery", "Models", "JSON", "ServiceKit", "Store", "Postgres", "Kafka", "Outbound", logging]),
        tests("Rollup", ["Rollup", "Models", "JSON"]),
        tests("Publishing", ["Publishing", "Models", "JSON"]),
        tests("DocPublisher", ["doc-publisher", "Publishing", "Models", "ServiceKit", "Store", "Postgres", "Kafka", logging]),
        tests(
            "Console", ["console", "Views", "Models", "JSON", "Postgres", "Store", "ServiceKit", hummingbird, hummingbirdTesting, logging]),
        tests("Operator", ["tocsin", "Grouping", "Delivery", "Rollup", "Kafka", "Models", "JSON"]),
        tests("Simulation", ["Simulation", "Models"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// Narrow the package to some test targets and what they need: TOCSIN_ONLY=ModelsTests,KafkaTests swift test
if let only = Context.environment["TOCSIN_ONLY"] {
    let wanted = Set(only.split(separator: ",").map(String.init))
    var keep = wanted
    func visit(_ name: String) {
        guard let target = package.targets.first(where: { $0.name == name }) else { return }
        keep.insert(name)
        for dependency in target.dependencies {
            switch dependency {
            case .byNameItem(let name, _), .targetItem(let name, _): visit(name)
            default: break
            }
        }
    }
    wanted.forEach(visit)
    package.targets.removeAll { !keep.contains($0.name) }
    package.products.removeAll { !keep.contains($0.name) }
}

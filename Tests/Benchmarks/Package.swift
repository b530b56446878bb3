// swift-tools-version: 6.2
// The ceilings and peers that the figures of Tests/Benchmarks/run stand beside. A package of its own, so that users of Tocsin never resolve or build it.
import PackageDescription

let package = Package(
    name: "tocsin-benchmarks",
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        .executableTarget(
            name: "bare-server",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "BareServer", swiftSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "foundation-server",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "FoundationServer", swiftSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "bare-consumer", path: "BareConsumer",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])], linkerSettings: [.linkedLibrary("rdkafka")]),
        .executableTarget(
            name: "bare-producer", path: "BareProducer",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])], linkerSettings: [.linkedLibrary("rdkafka")]),
        .executableTarget(name: "webhook-sink", path: "Sink", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    ],
    swiftLanguageModes: [.v6]
)

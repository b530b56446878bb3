import Glibc
import ServiceKit
import Store

@main
struct Entry {
    static let identity = ServiceIdentity(
        name: "ingest-gateway", defaultAdminPort: 9100, requiredSchemaVersion: Migration.latestVersion, lingerMilliseconds: 2,
        writesOutbox: false)

    static func main() async {
        exit(await Bootstrap.run(identity, GatewayConfig.self) { runtime, config in try await GatewayServices.build(runtime, config) })
    }
}

import Glibc
import ServiceKit
import Store

@main
struct Entry {
    static let identity = ServiceIdentity(name: "console", defaultAdminPort: 9105, requiredSchemaVersion: Migration.latestVersion)

    static func main() async {
        exit(await Bootstrap.run(identity, ConsoleConfig.self) { runtime, config in try ConsoleServices.build(runtime, config) })
    }
}

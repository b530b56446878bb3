import Glibc
import ServiceKit
import Store

@main struct Entry {
    static let identity = ServiceIdentity(name: "alert-grouper", defaultAdminPort: 9101, requiredSchemaVersion: Migration.latestVersion)

    static func main() async {
        exit(await Bootstrap.run(identity, GrouperConfig.self) { runtime, config in GrouperServices.build(runtime, config) })
    }
}

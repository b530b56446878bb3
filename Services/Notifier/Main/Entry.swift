import Glibc
import Models
import ServiceKit
import Store

@main
struct Entry {
    static let identity = ServiceIdentity(name: "notifier", defaultAdminPort: 9102, requiredSchemaVersion: Migration.latestVersion)

    static func main() async {
        exit(await Bootstrap.run(identity, NotifierConfig.self) { try NotifierServices.build($0, $1) })
    }
}

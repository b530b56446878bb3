import Glibc
import Models
import ServiceKit
import Store

@main
struct Entry {
    static let identity = ServiceIdentity(name: "doc-publisher", defaultAdminPort: 9104, requiredSchemaVersion: Migration.latestVersion)

    static func main() async {
        exit(
            await Bootstrap.run(identity, DocsConfig.self) { runtime, config in
                let wakeup = Wakeup()
                let writer = DocumentWriter(runtime: runtime, publishers: try PublisherRegistry.make(config))
                return [
                    BatchWorker(
                        runtime: runtime, group: ResolvedHandler.group, topics: [.incidents],
                        handler: ResolvedHandler(delaySeconds: config.delaySeconds, wakeup: wakeup)),
                    DueRowLoop(name: "documents", runtime: runtime, idleMilliseconds: config.idleMilliseconds, wakeup: wakeup) { _ in
                        try await writer.pass()
                    },
                ]
            })
    }
}

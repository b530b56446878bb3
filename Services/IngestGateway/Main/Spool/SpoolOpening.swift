import Logging
import Models
import ServiceKit

/// Opens the spool at the start.
enum SpoolOpening {
    /// - Throws: `StartRefused` when the folder cannot be had. A disk that fails is no reason not to start: the broker may well be there,
    ///   and ``SpoolDrain`` tries again.
    static func open(_ config: SpoolConfig, clock: @escaping @Sendable () -> Timestamp, logger: Logger) async throws -> Spool {
        guard let path = config.folder else {
            logger.notice("there is no spool: senders get 503 while the broker is away (TOCSIN_GATEWAY_SPOOL_FOLDER)")
            return Spool(store: nil, limits: nil, clock: clock, logger: logger)
        }
        let store = SpoolStore(folder: try SpoolFolder(path), limits: config.limits, clock: clock, logger: logger)
        do throws(SpoolFailure) {
            let contents = try await store.open(checks: true)
            if contents.records > 0 || contents.refused > 0 {
                logger.notice("the spool holds alerts of an earlier run", metadata: ["spool.records": "\(contents.records)"])
            }
            return Spool(store: store, limits: config.limits, contents: contents, clock: clock, logger: logger)
        } catch {
            logger.error("the spool cannot be opened, trying again", metadata: ["error": "\(error)"])
            return Spool(store: store, limits: config.limits, trouble: error.cause, clock: clock, logger: logger)
        }
    }
}

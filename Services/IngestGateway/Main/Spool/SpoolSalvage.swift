import CoreMetrics
import Logging
import Models
import ServiceKit

/// What is done about a damaged file: it is set aside under another name, never deleted, and what can still be read of it goes into a
/// new one.
struct SpoolSalvage {
    private static let rowsPerTransaction = 500

    let folder: SpoolFolder
    let limits: SpoolLimits
    let logger: Logger

    func run(_ failure: SpoolFailure, at now: Timestamp) throws -> SpoolFile {
        let place = try folder.setAside(at: now)
        SpoolMetrics.damaged.counter().increment()
        let file = try SpoolFile(path: folder.file, limits: limits, checks: false)
        let saved = try copy(from: place, to: file)
        logger.error(
            "the spool was damaged and is set aside; what could be read of it is taken over",
            metadata: ["spool.file": "\(place)", "spool.saved": "\(saved)", "error": "\(failure)"])
        return file
    }

    /// From the oldest up to the damage, then from the newest down to it.
    private func copy(from place: String, to file: SpoolFile) throws -> Int {
        for descending in [false, true] {
            var rows: [SpoolRow] = []
            // An error of reading is the damage itself: what came before it is kept. An error of writing shows at the next write.
            try? SpoolFile.readable(place, descending: descending) { row in
                rows.append(row)
                guard rows.count >= Self.rowsPerTransaction else { return }
                try file.adopt(rows)
                rows = []
            }
            try file.adopt(rows)
        }
        return try file.contents().records
    }
}

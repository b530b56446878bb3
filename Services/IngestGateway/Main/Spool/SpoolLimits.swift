/// How the bytes that the spool may take on disk are shared out. Pure.
///
/// The limit holds for the files as they are: the database, whose pages SQLite itself counts against `max_page_count`, and its
/// write-ahead journal, which is emptied at a quarter of its share and grows by one transaction at most before that.
struct SpoolLimits: Sendable, Hashable {
    static let pageBytes = 4096
    /// More would only lengthen the recovery after a crash.
    private static let longestJournalBytes = 32 << 20
    /// Columns beside the payload, row header and what a page that no further row fits into leaves unused.
    private static let overheadBytesPerRecord = 1024
    /// Interior pages that any transaction may touch.
    private static let overheadBytesPerTransaction = 4 * pageBytes

    /// Bytes on disk, in all files together.
    let maxBytes: Int
    /// The oldest alert may have waited so long before no more are taken.
    let maxAgeSeconds: Int

    /// Share of the journal.
    var journalBytes: Int { min(Self.longestJournalBytes, maxBytes / 4) }
    /// Share of the database: what `usedBytes` is measured against.
    var databaseBytes: Int { databasePages * Self.pageBytes }
    var databasePages: Int { (maxBytes - journalBytes) / Self.pageBytes }
    /// The journal is written back from this length on.
    var checkpointPages: Int { max(1, journalBytes / 4 / Self.pageBytes) }
    /// Largest transaction, by its estimate; also the most that one request may bring.
    var transactionBytes: Int { journalBytes / 2 }

    /// What records of so many bytes may take in the database at most.
    func estimate(records: Int, bytes: Int) -> Int {
        bytes + bytes / 4 + records * Self.overheadBytesPerRecord + Self.overheadBytesPerTransaction
    }
}

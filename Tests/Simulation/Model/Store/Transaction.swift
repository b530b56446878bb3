import Delivery
import Grouping
import Models
import Rollup
import ServiceKit

/// What a transaction has written and nobody else sees yet.
struct Writes {
    var offsets: [OffsetKey: StoredOffset] = [:]
    /// Where each group said that it began, for the checker.
    var advances: [(key: OffsetKey, from: Int64, to: Int64)] = []
    var progress: [ProgressKey: Int64] = [:]
    var alerts: [Alert.ID: Alert] = [:]
    var alertOrder: [Alert.ID] = []
    var incidents: [IncidentID: Incident] = [:]
    var incidentOrder: [IncidentID] = []
    var events: [IncidentEvent] = []
    var commands: Set<String> = []
    var outbox: [OutboxEntry] = []
    var outboxDeleted: Set<Int64> = []
    var channels: [ChannelID: ChannelRow] = [:]
    var deliveries: [Int: DeliveryRow] = [:]
    var threads: [Conversation: String?] = [:]
    var measures: [IncidentID: Measure] = [:]
    var cells: [RollupKey: RollupCell] = [:]
    var deadLetters: Set<Store.DeadLetterKey> = []
}

/// Why a statement failed.
enum StoreFault: Error {
    /// Somebody else holds the row (`blocker`); the statement runs again when he is done.
    case blocked
    case deadlock
    case uniqueViolation
    /// The compare-and-set found another offset.
    case fenced
    /// A record cannot be handled.
    case poison(index: Int)
    case connection
    case commitUnknown
}

/// READ COMMITTED with row locks: a statement sees what is committed and its own writes; a row that is written is locked until the end.
final class Transaction {
    let store: Store
    unowned let fiber: Fiber
    /// `now()`
    let startedAt: Timestamp
    var writes = Writes()
    private var locks: [LockKey] = []
    private var savepoint: (writes: Writes, locks: Int)?
    private(set) var isOpen = true
    /// Who made a statement wait.
    private(set) var blocker: Transaction?
    /// Done with a lost connection: the server has rolled it back on its own.
    private(set) var isBroken = false

    init(_ store: Store, _ fiber: Fiber) {
        self.store = store
        self.fiber = fiber
        startedAt = store.world.now
        fiber.transaction = self
    }

    /// - Throws: `blocked` or `deadlock`
    func lock(_ key: LockKey) throws {
        guard let holder = store.locks[key] else {
            store.locks[key] = self
            locks.append(key)
            return
        }
        guard holder !== self else { return }
        var next: Transaction? = holder
        while let waiting = next {
            if waiting === self { throw StoreFault.deadlock }
            next = waiting.isOpen ? waiting.fiber.waitingFor : nil
        }
        blocker = holder
        throw StoreFault.blocked
    }

    /// SKIP LOCKED
    func tryLock(_ key: LockKey) -> Bool {
        if let holder = store.locks[key] { return holder === self }
        store.locks[key] = self
        locks.append(key)
        return true
    }

    func setSavepoint() { savepoint = (writes, locks.count) }

    func rollBackToSavepoint() {
        guard let savepoint else { return }
        writes = savepoint.writes
        for key in locks[savepoint.locks...] { store.locks[key] = nil }
        locks.removeSubrange(savepoint.locks...)
    }

    func commit() {
        guard isOpen else { return }
        store.world.checkBefore(writes)
        store.apply(writes)
        release()
        store.world.check(writes)
    }

    func abort() {
        guard isOpen else { return }
        release()
    }

    /// The connection is lost while the process does not look.
    func lose() {
        abort()
        isBroken = true
    }

    private func release() {
        isOpen = false
        for key in locks { store.locks[key] = nil }
        locks = []
        if fiber.transaction === self { fiber.transaction = nil }
    }
}

import Models

/// One thread of control of a process. It always stands between two external effects; a step takes it over the next one.
final class Fiber {
    let index: Int
    let name: String
    unowned let process: Process
    /// Not run before.
    var wakeAt: Timestamp
    /// Runs when that transaction has ended, whatever `wakeAt` says.
    var waitingFor: Transaction?
    var transaction: Transaction?
    private var next: (() -> Void)?

    init(index: Int, name: String, process: Process, now: Timestamp) {
        self.index = index
        self.name = name
        self.process = process
        wakeAt = now
    }

    /// What to do with the next step, not before `milliseconds` from now.
    func then(after milliseconds: Int = 0, _ next: @escaping () -> Void) {
        wakeAt = process.world.now.adding(milliseconds: Int64(milliseconds))
        self.next = next
    }

    /// Goes on when woken, at the latest at that time.
    func wake(at time: Timestamp) { wakeAt = min(wakeAt, time) }

    func isReady(_ now: Timestamp) -> Bool {
        guard next != nil, process.isRunning(now) else { return false }
        if let waitingFor { return !waitingFor.isOpen }
        return wakeAt <= now
    }

    /// When it could run next, as far as that is known; nil: not by itself.
    var readyAt: Timestamp? {
        guard next != nil, process.isUp else { return nil }
        return max(wakeAt, process.pausedUntil)
    }

    func step() {
        waitingFor = nil
        let next = self.next
        self.next = nil
        next?()
    }

    /// Forgets everything; the database notices that the connection is gone.
    func stop() {
        transaction?.abort()
        transaction = nil
        waitingFor = nil
        next = nil
    }
}

/// Something that dies as a whole: its fibers share a memory and a clock.
final class Process {
    unowned let world: World
    let name: String
    private(set) var isUp = false
    var pausedUntil: Timestamp
    var skewMilliseconds: Int64 = 0
    private(set) var fibers: [Fiber] = []
    /// Makes the memory anew and sets the fibers to work.
    var boot: (Process) -> Void = { _ in }
    /// Before the memory goes: what the ledger must know.
    var onCrash: () -> Void = {}

    init(_ name: String, world: World) {
        self.world = world
        self.name = name
        pausedUntil = world.now
    }

    /// The time as this process sees it.
    var clock: Timestamp { world.now.adding(milliseconds: skewMilliseconds) }

    func isRunning(_ now: Timestamp) -> Bool { isUp && pausedUntil <= now }

    func fiber(_ name: String) -> Fiber {
        let full = "\(self.name)/\(name)"
        if let known = fibers.first(where: { $0.name == full }) { return known }
        let fiber = world.newFiber(full, of: self)
        fibers.append(fiber)
        return fiber
    }

    func start() {
        isUp = true
        boot(self)
    }

    func crash() {
        onCrash()
        isUp = false
        skewMilliseconds = 0
        for fiber in fibers { fiber.stop() }
    }
}

import FoundationEssentials
import Models
import ServiceKit

/// Everything there is in one run: clock, chance, log, store, processes, and the ledger of what must come of it. One thread, no time of
/// its own: a step is one external effect of one fiber, and the seed decides which.
final class World {
    /// 2026-11-21T06:00:00Z
    private static let start = Timestamp(seconds: 1_795_240_800)

    let options: Options
    var random: Randomness
    /// The true time, which is also the database's.
    private(set) var now = World.start
    private(set) var steps = 0
    /// Phase two: no faults any more, everything must come to rest.
    private(set) var isHealing = false
    var trace: Trace
    private(set) var faults: [Fault: Int] = [:]
    private(set) var violation: Violation?
    private(set) var fibers: [Fiber] = []
    private(set) var processes: [Process] = []
    private var ready: [Fiber] = []

    private(set) lazy var broker = Broker(self)
    private(set) lazy var store = Store(self)
    let teams = Team.all
    let ledger = Ledger()
    var storeAwayUntil = World.start
    var brokerAwayUntil = World.start

    init(_ options: Options) {
        self.options = options
        random = Randomness(seed: options.seed)
        trace = Trace(keepsText: options.keepsTrace)
    }

    func has(_ mutant: Mutant) -> Bool { options.mutants.contains(mutant) }

    func newProcess(_ name: String, boot: @escaping (Process) -> Void) -> Process {
        let process = Process(name, world: self)
        process.boot = boot
        processes.append(process)
        process.start()
        return process
    }

    func newFiber(_ name: String, of process: Process) -> Fiber {
        let fiber = Fiber(index: fibers.count, name: name, process: process, now: now)
        fibers.append(fiber)
        return fiber
    }

    /// An id that the seed decides.
    func newID<Subject>() -> Identifier<Subject> {
        let (high, low) = (random.next(), random.next())
        func byte(_ number: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: number >> (index * 8)) }
        return Identifier(
            UUID(
                uuid: (
                    byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                    byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
                )))
    }

    /// Whether a fault happens here, `perMille` times in a thousand; then it is counted.
    func strikes(_ fault: Fault, _ perMille: Int) -> Bool {
        guard options.injectsFaults, !isHealing, random.chance(perMille) else { return false }
        count(fault)
        return true
    }

    func count(_ fault: Fault) {
        faults[fault, default: 0] += 1
        trace.note("FAULT", faults[fault] ?? 0, 0, fault.rawValue)
    }

    /// The first violation is the one that counts.
    func violate(_ invariant: StaticString, _ what: @autoclosure () -> String) {
        guard violation == nil else { return }
        violation = Violation(invariant: "\(invariant)", description: what(), step: steps)
        trace.note("VIOLATION", 0, 0, "\(invariant)")
    }

    func heal() {
        isHealing = true
        storeAwayUntil = now
        brokerAwayUntil = now
        for process in processes {
            process.skewMilliseconds = 0
            process.pausedUntil = now
            if !process.isUp { process.start() }
        }
    }

    var simulatedSeconds: Int { Int(now.seconds(since: World.start)) }

    /// Nothing happens until then.
    func leap(to time: Timestamp) { now = max(now, time) }

    /// One effect of one fiber.
    func step() {
        ready.removeAll(keepingCapacity: true)
        for fiber in fibers where fiber.isReady(now) { ready.append(fiber) }
        if ready.isEmpty {
            now = max(now.adding(milliseconds: 1), fibers.lazy.compactMap(\.readyAt).min() ?? now)
            return step()
        }
        let fiber = random.pick(ready)
        steps += 1
        now = Timestamp(microseconds: now.microseconds + Int64(random.below(4000)))
        trace.begin(step: steps, now: now, fiber: fiber)
        fiber.step()
        guard fiber.process.mayCrash else { return }
        if strikes(.crash, 2) {
            restartLater(fiber.process)
        } else if strikes(.pause, 1) {
            pause(fiber.process)
        }
    }

    /// At times longer than a session, or than a lease. The server does not wait so long for a transaction to go on.
    func pause(_ process: Process) {
        let milliseconds = random.within(500...40_000)
        trace.note("stops", milliseconds, 0, process.name)
        process.pausedUntil = now.adding(milliseconds: Int64(milliseconds))
        if milliseconds > 10_000 { for fiber in process.fibers { fiber.transaction?.lose() } }
        trouble(process)
    }

    /// What becomes of its messages is the fault's doing from now on.
    func trouble(_ process: Process) {
        for flight in ledger.flights[process.name] ?? [] { flight.isTroubled = true }
    }

    func restartLater(_ process: Process) {
        trace.note("dies", 0, 0, process.name)
        process.crash()
        restarts.append((process, now.adding(milliseconds: Int64(random.within(50...20_000)))))
    }

    private var restarts: [(process: Process, at: Timestamp)] = []

    /// Starts what has been dead long enough.
    func restartDue() {
        for (process, at) in restarts where at <= now && !process.isUp { process.start() }
        restarts.removeAll { $0.at <= now }
    }

    /// Lets go of the closures that hold each other.
    func end() { for fiber in fibers { fiber.stop() } }
}

/// A promise that was broken.
package struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// `I3`, as in docs/reliability.md.
    package let invariant: String
    package let description: String
    package let step: Int
}

extension Process {
    /// Senders, people and faults are no processes of ours.
    var mayCrash: Bool { !isOutside }
    private var isOutside: Bool { name.hasPrefix("outside") }
}

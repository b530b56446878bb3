import Glibc

/// Who holds a lease: the name of the instance, and the process behind it as its kernel knows it. Written
/// `name@boot/namespace/pid/start`, `notifier-0@0f1c…/4026531836/4711/123456`.
struct LeaseOwner: Sendable, Hashable, CustomStringConvertible {
    /// What the kernel says about a process id.
    enum Process: Sendable, Hashable {
        case absent
        /// Started so many clock ticks after the boot.
        case running(start: UInt64)
        /// There is one, and no more may be known.
        case hidden
    }

    let name: String
    /// Random id of this boot of this machine (random(4)).
    let boot: String
    /// Inode of the process id namespace: within it, and within this boot, a process id and its start name one process for ever.
    let namespace: String
    let pid: Int32
    let start: UInt64

    init(name: String, boot: String, namespace: String, pid: Int32, start: UInt64) {
        self.name = name
        self.boot = boot
        self.namespace = namespace
        self.pid = pid
        self.start = start
    }

    /// nil for what an earlier release wrote, and for an owner whose kernel told nothing.
    init?(_ text: String) {
        guard let at = text.lastIndex(of: "@") else { return nil }
        let parts = text[text.index(after: at)...].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, !parts[0].isEmpty, !parts[1].isEmpty, let pid = Int32(parts[2]), pid > 0, let start = UInt64(parts[3])
        else { return nil }
        self.init(name: String(text[..<at]), boot: parts[0], namespace: parts[1], pid: pid, start: start)
    }

    var description: String { "\(name)@\(boot)/\(namespace)/\(pid)/\(start)" }

    /// True only when this process certainly has ended: the same kernel that ran it says so. False when nobody can tell from here; then
    /// its leases run out.
    func hasEnded(seenFrom observer: LeaseOwner, process: (Int32) -> Process) -> Bool {
        guard boot == observer.boot, namespace == observer.namespace else { return false }
        return switch process(pid) {
        case .absent: true
        case .running(let other): other != start
        case .hidden: false
        }
    }
}

extension LeaseOwner {
    /// This process. Where `/proc` does not tell enough the namespace is empty, so that the text is read as no owner by others.
    static func current(name: String) -> LeaseOwner {
        let pid = getpid()
        var start: UInt64 = 0
        if case .running(let ticks) = process(pid) { start = ticks }
        let boot = ProcFile.read("/proc/sys/kernel/random/boot_id")?.split(separator: "\n").first.map(String.init) ?? ""
        return LeaseOwner(name: name, boot: boot, namespace: start == 0 ? "" : ProcFile.namespace ?? "", pid: pid, start: start)
    }

    /// Asks the kernel. A process that has ended and was not collected by its parent counts as absent.
    static func process(_ pid: Int32) -> Process {
        // Unlike a missing file below /proc, which may be hidden (mount option hidepid), ESRCH is certain.
        if kill(pid, 0) != 0 { return errno == ESRCH ? .absent : .hidden }
        guard let stat = ProcFile.read("/proc/\(pid)/stat"), let name = stat.lastIndex(of: ")") else { return .hidden }
        // proc_pid_stat(5): after the name in parentheses come the state, field 3, and the start, field 22.
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let start = UInt64(fields[19]) else { return .hidden }
        let hasEnded = (fields[0] == "Z" || fields[0] == "X") && ProcFile.threads(of: pid) <= 1
        return hasEnded ? .absent : .running(start: start)
    }
}

/// The few small files of `/proc` that tell who a process is.
private enum ProcFile {
    private static let maxBytes = 4096

    static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: maxBytes)
        let count = Glibc.read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// `4026531836` of `pid:[4026531836]`.
    static var namespace: String? {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &bytes, bytes.count - 1)
        guard count > 0 else { return nil }
        let digits = bytes[..<count].map { UInt8(bitPattern: $0) }.filter { (48...57).contains($0) }
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }

    /// 0 when the process is gone meanwhile.
    static func threads(of pid: Int32) -> Int {
        guard let folder = opendir("/proc/\(pid)/task") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return max(0, count - 2)  // `.` and `..`
    }
}

import Glibc

/// What Linux says about this process, under the names that every Prometheus client uses
/// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics). See proc(5) for the fields.
enum ProcessMetrics {
    /// Fields of `/proc/self/stat` counted from the one after the command's closing bracket.
    private enum StatField {
        static let userTicks = 11
        static let systemTicks = 12
        static let threads = 17
        static let startTicks = 19
        static let virtualBytes = 20
        static let residentPages = 21
    }

    static func exposition() -> String {
        var text = ""
        if let stat = statFields() {
            let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
            let cpu = (number(stat, StatField.userTicks) + number(stat, StatField.systemTicks)) / ticks
            counter("process_cpu_seconds_total", "Processor time, user and system, in seconds.", cpu, &text)
            let resident = number(stat, StatField.residentPages) * Double(sysconf(Int32(_SC_PAGESIZE)))
            gauge("process_resident_memory_bytes", "Memory in RAM, in bytes.", resident, &text)
            gauge("process_virtual_memory_bytes", "Address space, in bytes.", number(stat, StatField.virtualBytes), &text)
            gauge("process_threads", "Threads of the operating system.", number(stat, StatField.threads), &text)
            if let boot = bootTime() {
                let started = boot + number(stat, StatField.startTicks) / ticks
                gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.", started, &text)
            }
        }
        if let open = openFiles() { gauge("process_open_fds", "Open file descriptors.", Double(open), &text) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            gauge("process_max_fds", "Open file descriptors allowed.", Double(limit.rlim_cur), &text)
        }
        return text
    }

    private static func gauge(_ name: String, _ help: String, _ value: Double, _ text: inout String) {
        PrometheusText.head(name, "gauge", help, to: &text)
        PrometheusText.sample(name, "", value, to: &text)
    }

    private static func counter(_ name: String, _ help: String, _ value: Double, _ text: inout String) {
        PrometheusText.head(name, "counter", help, to: &text)
        PrometheusText.sample(name, "", value, to: &text)
    }

    private static func statFields() -> [Substring]? {
        // The command may contain spaces and brackets, so the fields are counted from its last bracket.
        guard let stat = read("/proc/self/stat"), let bracket = stat.lastIndex(of: ")") else { return nil }
        return stat[stat.index(after: bracket)...].split(separator: " ")
    }

    private static func number(_ fields: [Substring], _ index: Int) -> Double {
        index < fields.count ? Double(fields[index]) ?? 0 : 0
    }

    /// Seconds since 1970.
    private static func bootTime() -> Double? {
        guard let stat = read("/proc/stat"), let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }) else {
            return nil
        }
        return Double(line.dropFirst("btime ".count))
    }

    private static func openFiles() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // ".", ".." and the descriptor of the directory itself.
        return max(0, count - 3)
    }

    /// A file of proc(5), at most 64 KiB of it.
    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

import Glibc

/// The sockets on which the library's mock cluster listens. It keeps them to itself, so they are found among the descriptors.
enum ListeningSockets {
    /// Lets answers go at once, as Kafka does. The mock leaves Nagle's algorithm on: the second of two answers in a row, such as those to
    /// records of two partitions, waits for the client's delayed acknowledgement of the first, 40 ms. Linux hands the option on to
    /// every connection that is accepted from then on.
    static func sendAtOnce() {
        for descriptor in descriptors() where isListening(descriptor) {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    private static func descriptors() -> [Int32] {
        guard let folder = opendir("/proc/self/fd") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let descriptor = Int32(name) { found.append(descriptor) }
        }
        return found
    }

    /// Of TCP only: the control socket has nothing to hurry.
    private static func isListening(_ descriptor: Int32) -> Bool {
        value(descriptor, SO_ACCEPTCONN) == 1 && value(descriptor, SO_DOMAIN) == AF_INET
    }

    private static func value(_ descriptor: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}

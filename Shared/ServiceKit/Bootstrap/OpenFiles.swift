import Glibc

/// How many files and sockets this process may have open at once.
enum OpenFiles {
    /// More is never needed, and some kernels allow a billion.
    private static let most: rlim_t = 65_536

    /// Raises the soft limit to the hard one. Debian's soft limit of 1,024 is less than the connections that a server of ours takes:
    /// beyond it, neither a sender nor the broker nor PostgreSQL could be talked to.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = min(most, limit.rlim_max)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        // Never refused up to the hard limit; were it, the old limit holds.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

import Glibc

/// Write end of the pipe that the signal handler knows. Written once, before the handler is installed.
nonisolated(unsafe) private var signalPipe: Int32 = -1

/// SIGTERM and SIGINT as a readable descriptor (the self-pipe trick: a handler may do little more than `write`).
struct StopSignals {
    let descriptor: Int32

    init() throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system("pipe") }
        descriptor = ends[0]
        signalPipe = ends[1]
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                var byte: UInt8 = 1
                _ = write(signalPipe, &byte, 1)
            }
        }
        // A peer that goes away in the middle of a reply is no reason to die.
        signal(SIGPIPE, SIG_IGN)
    }
}

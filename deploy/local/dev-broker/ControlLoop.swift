import Glibc

/// Waits for commands and signals: one thread, one `poll`.
struct ControlLoop {
    /// A line longer than this is no command of ours.
    private static let maxLineBytes = 4096
    private static let newline = UInt8(ascii: "\n")

    let cluster: MockCluster
    let signals: StopSignals
    let socket: ControlSocket?

    /// Returns on a signal or `stop`. End of input on stdin only ends stdin: a detached process has none.
    func run() {
        // Where each reply goes, and what arrived of the next line.
        var inputs: [Int32: (reply: Int32, line: [UInt8])] = [STDIN_FILENO: (STDOUT_FILENO, [])]
        while true {
            let fixed = [signals.descriptor] + (socket.map { [$0.descriptor] } ?? [])
            var polled = (fixed + inputs.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { return }
            for entry in polled where entry.revents != 0 {
                if entry.fd == signals.descriptor { return }
                if entry.fd == socket?.descriptor {
                    let peer = accept(entry.fd, nil, nil)
                    if peer >= 0 { inputs[peer] = (peer, []) }
                } else if var input = inputs[entry.fd] {
                    switch serve(entry.fd, &input) {
                    case .open: inputs[entry.fd] = input
                    case .ended:
                        inputs[entry.fd] = nil
                        if entry.fd != STDIN_FILENO { close(entry.fd) }
                    case .stop: return
                    }
                }
            }
        }
    }

    private enum Outcome { case open, ended, stop }

    /// Reads what is there and answers every whole line.
    private func serve(_ descriptor: Int32, _ input: inout (reply: Int32, line: [UInt8])) -> Outcome {
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0, input.line.count < Self.maxLineBytes else { return .ended }
        input.line += buffer[..<count]
        while let end = input.line.firstIndex(of: Self.newline) {
            let line = String(decoding: input.line[..<end], as: UTF8.self)
            input.line.removeFirst(end + 1)
            let (reply, isStop) = answer(line)
            writeLine(reply, to: input.reply)
            if isStop { return .stop }
        }
        return .open
    }

    private func answer(_ line: String) -> (reply: String, isStop: Bool) {
        do {
            let command = try Command.parse(line, codes: MockCluster.codes)
            try cluster.apply(command)
            // A broker that comes back may listen on a new socket.
            if case .up = command { ListeningSockets.sendAtOnce() }
            return (command == .brokers ? "ok \(cluster.bootstrapServers)" : "ok", command == .stop)
        } catch {
            return ("error \(error)", false)
        }
    }
}

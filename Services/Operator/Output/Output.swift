import Glibc

/// Where a command writes.
struct Output: Sendable {
    /// Whether colours help: a terminal that knows them, and nobody asked for none (https://no-color.org).
    let hasColour: Bool
    /// Whether somebody watches the standard error: a terminal that can be written over.
    let hasProgress: Bool
    private let out: @Sendable (String) -> Void
    private let error: @Sendable (String) -> Void

    /// - Parameters: closures that take one text with its line end.
    init(
        hasColour: Bool, hasProgress: Bool = false, out: @escaping @Sendable (String) -> Void, error: @escaping @Sendable (String) -> Void
    ) {
        self.hasColour = hasColour
        self.hasProgress = hasProgress
        self.out = out
        self.error = error
    }

    static func standard(environment: [String: String]) -> Output {
        let isDumb = environment["TERM"] == "dumb"
        let isWanted = (environment["NO_COLOR"] ?? "").isEmpty && !isDumb
        return Output(
            hasColour: isWanted && isatty(STDOUT_FILENO) == 1, hasProgress: !isDumb && isatty(STDERR_FILENO) == 1,
            out: { Descriptor.write($0, to: STDOUT_FILENO) },
            error: { Descriptor.write($0, to: STDERR_FILENO) })
    }

    /// One line, or several, of the result.
    func write(_ text: String) { out(text.hasSuffix("\n") ? text : text + "\n") }

    /// Something for the person at the terminal, not part of the result.
    func complain(_ text: String) { error(text.hasSuffix("\n") ? text : text + "\n") }

    /// A line that the next one replaces: for a terminal only. An empty one leaves nothing.
    func show(progress text: String) { error("\r\u{1B}[K" + text) }

    func write(json bytes: [UInt8]) { write(String(decoding: bytes, as: UTF8.self)) }
}

private enum Descriptor {
    /// Unbuffered, so that a tail shows a record when it comes. A reader that left (`tail … | head`) ends the command, as in any shell tool.
    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { exit(OperatorFailure.Code.failed) }
            written += count
        }
    }
}

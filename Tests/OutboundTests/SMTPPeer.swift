import Synchronization

/// A mail server that follows a script of exceptions: verb -> reply instead of the usual one.
final class MailServer: Sendable {
    /// What happens at one point of the dialogue instead of the usual reply.
    enum Deviation: Sendable {
        case reply(String)
        case close
        case reset
        case hang
    }

    let log = Ledger<String>()
    let messages = Ledger<String>()
    private let server: LocalServer

    var port: Int { server.port }
    var connections: Int { server.connections }
    /// The commands that came, in order.
    var commands: [String] { log.all }

    /// Keys of `deviations`: "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "RCPT2", "DATA", "message", "QUIT".
    init(extensions: [String] = ["SIZE 1000000"], _ deviations: [String: Deviation] = [:], onMessage: Signal? = nil) throws {
        let (log, messages) = (log, messages)
        server = try LocalServer { peer, _ in
            let dialogue = Dialogue(peer: peer, extensions: extensions, deviations: deviations)
            guard dialogue.say("greeting", "220 test ESMTP") else { return }
            var recipients = 0
            while let line = peer.read(through: "\r\n") {
                let command = String(line.dropLast())
                log.append(command)
                let verb = command.split(separator: " ").first.map { $0.uppercased() } ?? ""
                if verb == "RCPT" { recipients += 1 }
                if verb == "AUTH", deviations["AUTH"] == nil {
                    peer.write("334 \r\n")
                    guard let response = peer.read(through: "\r\n") else { return }
                    log.append("response " + response.dropLast())
                }
                guard dialogue.say(verb == "RCPT" && recipients == 2 ? "RCPT2" : verb, dialogue.usual(verb)) else { return }
                if verb == "DATA", deviations["DATA"] == nil {
                    guard let text = peer.read(through: "\r\n.\r\n") else { return }
                    messages.append(text)
                    onMessage?.give()
                    guard dialogue.say("message", "250 2.0.0 queued as A1B2") else { return }
                }
                if verb == "QUIT" { return }
            }
        }
    }
}

private struct Dialogue {
    let peer: Peer
    let extensions: [String]
    let deviations: [String: MailServer.Deviation]

    func usual(_ verb: String) -> String {
        switch verb {
        case "EHLO": (["test"] + extensions).enumerated().map { "250\($0 == extensions.count ? " " : "-")\($1)" }.joined(separator: "\r\n")
        case "AUTH": "235 2.7.0 welcome"
        case "DATA": "354 go on"
        case "QUIT": "221 bye"
        default: "250 2.1.0 fine"
        }
    }

    /// False when the connection is over.
    func say(_ point: String, _ usual: String) -> Bool {
        switch deviations[point] {
        case nil: return peer.write(usual + "\r\n")
        case .reply(let text): return peer.write(text + "\r\n")
        case .close: return false
        case .reset:
            peer.reset()
            return false
        case .hang:
            peer.waitForClose()
            return false
        }
    }
}

import ArgumentParser
import FoundationEssentials

/// `key=value` on the command line, where the value may be elsewhere.
struct ChannelSettingText: Sendable, Hashable, ExpressibleByArgument {
    enum Origin: Sendable, Hashable {
        case literal(String)
        case file(String)
        case variable(String)
    }

    let name: String
    let origin: Origin

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        let text = String(argument[argument.index(after: equals)...])
        if text.hasPrefix("@") {
            origin = .file(String(text.dropFirst()))
        } else if text.hasPrefix("env:") {
            origin = .variable(String(text.dropFirst("env:".count)))
        } else {
            origin = .literal(text.hasPrefix("text:") ? String(text.dropFirst("text:".count)) : text)
        }
    }

    /// - Throws: a usage failure when the file or the variable is not there. Never tells the value.
    func value(in session: Session) throws -> String {
        switch origin {
        case .literal(let text): return text
        case .variable(let variable):
            guard let text = session.variable(variable) else {
                throw OperatorFailure.usage("--set \(name): the environment has no \(Printable.line(variable))")
            }
            return text
        case .file(let path):
            // Why it cannot be read does not matter: absent, forbidden and empty have the same remedy.
            let text = try? String(contentsOfFile: path, encoding: .utf8)
            guard let line = text?.split(whereSeparator: \.isNewline).first else {
                throw OperatorFailure.usage(
                    "--set \(name): the file \(Printable.line(path)) cannot be read, or is empty (a literal @ is text:@…)")
            }
            return String(line)
        }
    }
}

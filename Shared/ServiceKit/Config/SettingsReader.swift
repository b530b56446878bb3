import Configuration
import FoundationEssentials

/// Reads the settings of a program from its environment, and remembers what was asked for and what is wrong with it, so that all
/// faults can be reported at once. A fault answers with the default (or an empty value), which is never used: `faults` stops the start.
///
/// An empty variable counts as absent. A secret may stand in a file instead, named by `<NAME>_FILE`.
package struct SettingsReader {
    private let provider: EnvironmentVariablesProvider
    package private(set) var faults: [SettingFault] = []
    package private(set) var declared: [SettingDeclaration] = []

    package init(environment: [String: String]) {
        provider = EnvironmentVariablesProvider(environmentVariables: environment)
    }

    /// The environment of this process.
    package init() {
        self.init(environment: ProcessInfo.processInfo.environment)
    }

    /// - Parameter fallback: nil makes the setting required.
    package mutating func string(_ name: String, default fallback: String?, secret: Bool = false, _ meaning: String) -> String {
        declare(name, .string, default: fallback, required: fallback == nil, secret: secret, meaning)
        if let value = raw(name, secret: secret) { return value }
        if fallback == nil { fault(name, "is required: \(meaning)") }
        return fallback ?? ""
    }

    package mutating func optionalString(_ name: String, secret: Bool = false, _ meaning: String) -> String? {
        declare(name, .string, default: nil, secret: secret, meaning)
        return raw(name, secret: secret)
    }

    package mutating func int(
        _ name: String, default fallback: Int, in range: ClosedRange<Int>, unit: String, _ meaning: String
    ) -> Int {
        let bounds = "\(range.lowerBound)...\(range.upperBound)"
        declare(name, .int, default: String(fallback), range: bounds, unit: unit, meaning)
        guard let text = raw(name) else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            fault(name, "must be a whole number in \(bounds) (\(unit)), not \(quoted(text))")
            return fallback
        }
        return value
    }

    /// `true`, `yes`, `on`, `1` and their opposites, in any case.
    package mutating func bool(_ name: String, default fallback: Bool, _ meaning: String) -> Bool {
        declare(name, .bool, default: String(fallback), meaning)
        guard let text = raw(name) else { return fallback }
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default:
            fault(name, "must be true or false, not \(quoted(text))")
            return fallback
        }
    }

    package mutating func choice(_ name: String, default fallback: String, of choices: [String], _ meaning: String) -> String {
        declare(name, .choice, default: fallback, range: choices.joined(separator: ", "), meaning)
        guard let text = raw(name) else { return fallback }
        guard choices.contains(text) else {
            fault(name, "must be one of \(choices.joined(separator: ", ")), not \(quoted(text))")
            return fallback
        }
        return text
    }

    /// Comma separated; blanks around an element and empty elements are dropped.
    package mutating func list(_ name: String, default fallback: [String], _ meaning: String) -> [String] {
        declare(name, .list, default: fallback.joined(separator: ","), meaning)
        guard let text = raw(name) else { return fallback }
        return text.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
    }

    /// Adds a fault that only the reading module can see, such as two settings that contradict each other.
    package mutating func fault(_ name: String, _ reason: String) {
        faults.append(SettingFault(name: name, reason: reason))
    }

    private mutating func raw(_ name: String, secret: Bool = false) -> String? {
        if let value = environment(name) { return value }
        guard secret, let path = environment("\(name)_FILE") else { return nil }
        do {
            let value = trimmed(try String(contentsOfFile: path, encoding: .utf8)[...])
            return value.isEmpty ? nil : value
        } catch {
            fault("\(name)_FILE", "cannot be read")
            return nil
        }
    }

    private func environment(_ name: String) -> String? {
        // The provider throws only for values that it had to decode; a plain one is there or not.
        guard let value = try? provider.environmentValue(forName: name), !value.isEmpty else { return nil }
        return value
    }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// The offending text for the message, cut so that a pasted file does not flood the terminal.
    private func quoted(_ text: String) -> String { "\"\(text.prefix(40))\"" }

    private mutating func declare(
        _ name: String, _ kind: SettingDeclaration.Kind, default fallback: String?, required: Bool = false, range: String? = nil,
        unit: String? = nil, secret: Bool = false, _ meaning: String
    ) {
        guard !declared.contains(where: { $0.name == name }) else { return }
        declared.append(
            SettingDeclaration(
                name: name, kind: kind, defaultText: fallback, isRequired: required, range: range, unit: unit, isSecret: secret,
                meaning: meaning))
    }
}

/// The settings of one module: one initialiser that names each with its default, range and meaning.
package protocol ServiceConfig: Sendable {
    init(from settings: inout SettingsReader)
}

/// What a setting is: one row of `--print-settings`.
package struct SettingDeclaration: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable { case string, int, bool, choice, list }

    package let name: String
    package let kind: Kind
    /// nil where the setting is required, or optional without a default.
    package let defaultText: String?
    package let isRequired: Bool
    /// `1...65535`, or the choices; nil where anything goes.
    package let range: String?
    package let unit: String?
    package let isSecret: Bool
    package let meaning: String
}

/// A setting that cannot be used. Never holds the value of a secret.
package struct SettingFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let name: String
    package let reason: String

    package var description: String { "\(name) \(reason)" }
}

/// The settings of one program as a Markdown table, for `--print-settings` and the documentation.
package func settingsTable(_ declarations: [SettingDeclaration]) -> String {
    var lines = ["| variable | type | default | range | meaning |", "|---|---|---|---|---|"]
    for setting in declarations {
        let fallback = setting.isRequired ? "required" : setting.defaultText.map { $0.isEmpty ? "" : "`\($0)`" } ?? ""
        let range = [setting.range, setting.unit].compactMap(\.self).joined(separator: " ")
        let secret = setting.isSecret ? " Secret; may be given as a file with `\(setting.name)_FILE`." : ""
        lines.append("| `\(setting.name)` | \(setting.kind.rawValue) | \(fallback) | \(range) | \(setting.meaning)\(secret) |")
    }
    return lines.joined(separator: "\n") + "\n"
}

/// Select Graphic Rendition codes of ECMA-48, those that every terminal has.
enum Colour: Int, Sendable {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case magenta = 35
    case cyan = 36

    func on(_ text: String) -> String { text.isEmpty ? text : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }

    /// The colour of a word of our own: states and severities.
    static func ofWord(_ word: String) -> Colour? {
        switch word {
        case "critical", "firing", "open", "opened", "reopened", "dead", "failed", "revoked", "not routed": .red
        case "high", "in_doubt", "expiring", "paused", "missing", "pending", "sending": .yellow
        case "medium", "acknowledged", "updated": .magenta
        case "low", "suppressed": .blue
        case "resolved", "sent", "published", "valid", "enabled", "applied": .green
        case "off", "expired": .dim
        default: nil
        }
    }
}

/// Text from outside on its way to a terminal.
enum Printable {
    /// On one line, and unable to steer the terminal: control and direction characters become `�`.
    static func line(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { line.append(isHarmless(scalar) ? scalar : "\u{FFFD}") }
        return String(line)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}

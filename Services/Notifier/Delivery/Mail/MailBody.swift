import Models

/// The two forms of a mail's body.
enum MailBody {
    static func text(_ message: IncidentMessage) -> String {
        var text = "\(message.headline)\n\(message.sentence)\n"
        if !message.description.isEmpty { text += "\n\(message.description)\n" }
        text += "\n" + message.details.map { "\($0.name): \($0.value)\n" }.joined()
        if let url = message.url { text += "\n\(url)\n" }
        return text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    }

    /// Styles stand inline: mail programs drop style sheets.
    static func html(_ message: IncidentMessage) -> String {
        func escaped(_ text: String) -> String { Escaping.html.escape(text) }
        let rows = message.details.map { detail in
            "<tr><td style=\"padding:2px 12px 2px 0;color:#666\">\(escaped(detail.name))</td><td>\(escaped(detail.value))</td></tr>"
        }
        let description =
            message.description.isEmpty
            ? "" : "<p style=\"white-space:pre-wrap\">\(escaped(message.description))</p>"
        let link = message.url.map { "<p><a href=\"\(escaped($0))\">Open in Tocsin</a></p>" } ?? ""
        return """
            <!DOCTYPE html><html><body style="font-family:sans-serif;color:#222">\
            <div style="border-left:6px solid \(colour(message));padding:4px 16px">\
            <h2 style="margin:0 0 4px">\(escaped(message.headline))</h2><p>\(escaped(message.sentence))</p>\(description)\
            <table style="border-collapse:collapse">\(rows.joined())</table>\(link)</div></body></html>
            """
    }

    private static func colour(_ message: IncidentMessage) -> String {
        if message.word == "resolved" { return "#2e7d32" }
        return switch message.severity {
        case .critical: "#c62828"
        case .high: "#ef6c00"
        case .medium: "#f9a825"
        case .low: "#1565c0"
        }
    }
}

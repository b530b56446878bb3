/// Writes blocks as a whole HTML page without scripts or outside addresses.
package enum HTML {
    package static func render(_ blocks: [Block], title: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(escape(title))</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        \(blocks.map(render).joined(separator: "\n"))
        </body>
        </html>

        """
    }

    private static let style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1f24; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; }
        th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #d5d9e0; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
        dt { font-weight: 600; } dd { margin: 0; }
        blockquote { margin: 0; padding: .5rem 1rem; border-left: 4px solid #d5d9e0; color: #545b66; }
        @media (prefers-color-scheme: dark) { body { background: #15181d; color: #e4e7ec; } th, td { border-color: #353b45; } }
        """

    private static func render(_ block: Block) -> String {
        switch block {
        case .heading(let level, let text): "<h\(level)>\(escape(text))</h\(level)>"
        case .paragraph(let text): "<p>\(escape(text))</p>"
        case .facts(let facts):
            "<dl>" + facts.map { "<dt>\(escape($0.name))</dt><dd>\(escape($0.value))</dd>" }.joined() + "</dl>"
        case .table(let header, let rows): table(header, rows)
        case .prompt(let question): "<blockquote><p>\(escape(question))</p></blockquote>"
        }
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let head = "<tr>" + header.map { "<th>\(escape($0))</th>" }.joined() + "</tr>"
        let body = rows.map { "<tr>" + $0.map { "<td>\(escape($0))</td>" }.joined() + "</tr>" }.joined(separator: "\n")
        return "<table>\n<thead>\(head)</thead>\n<tbody>\(body)</tbody>\n</table>"
    }

    /// Safe as text and within quoted attributes; control characters dropped.
    package static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            default: if scalar.value >= 32, scalar.value != 127 { escaped.unicodeScalars.append(scalar) }
            }
        }
        return escaped
    }
}

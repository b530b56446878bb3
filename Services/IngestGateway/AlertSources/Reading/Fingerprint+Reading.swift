import Models

extension Fingerprint {
    /// nil: not 1 to 255 bytes, or with control characters.
    init?(fromSender text: String) {
        guard !text.isEmpty, text.utf8.count <= Fingerprint.maxBytes, text.isPrintable else { return nil }
        self.init(text)
    }
}

/// A link that pages and messages may show: http or https, printable, of bounded length.
enum Link {
    /// nil for everything else: an alert is not refused for the sake of its link.
    static func safe(_ text: String?) -> String? {
        guard let text, text.utf8.count <= IngestLimits.linkBytes,
            text.isASCII(0x21..<0x7F) || (text.isPrintable && !text.utf8.contains(0x20))
        else {
            return nil
        }
        if text.hasPrefix("http://") || text.hasPrefix("https://") { return text }
        let scheme = text.prefix(8).lowercased()
        return scheme.hasPrefix("http://") || scheme.hasPrefix("https://") ? text : nil
    }
}

import FoundationEssentials
import Models

/// Values of mail headers. None can hold a line break of the sender's making.
enum MailHeader {
    /// RFC 2047 section 2: a line with an encoded word has at most 76 characters, of which `Subject: ` and the frame `=?UTF-8?B?…?=` take 21.
    static let maxEncodedWordBytes = 39

    /// A subject: as it is when it is short ASCII, else as encoded words, one a line.
    static func unstructured(_ text: String) -> String {
        let line = PlainText.line(text)
        let isPlain = line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && line.utf8.count <= 60 && !line.contains("=?")
        return isPlain ? line : encodedWords(line).joined(separator: "\r\n ")
    }

    /// Never cuts within a character (RFC 2047 section 5: each word stands for whole characters).
    private static func encodedWords(_ text: String) -> [String] {
        var words: [String] = []
        var current = ""
        func finish() {
            guard !current.isEmpty else { return }
            words.append("=?UTF-8?B?\(Data(current.utf8).base64EncodedString())?=")
            current = ""
        }
        for scalar in text.unicodeScalars {
            if current.utf8.count + UTF8.width(scalar) > maxEncodedWordBytes { finish() }
            current.unicodeScalars.append(scalar)
        }
        finish()
        return words
    }

    /// RFC 5322 section 3.3: `Sat, 21 Nov 2026 05:55:16 +0000`.
    static func date(_ time: Timestamp) -> String {
        let text = Array(time.rfc3339.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = Int(((time.secondsSinceEpoch / 86_400) % 7 + 7) % 7)
        let month = (Int(part(5..<7)) ?? 1) - 1
        return "\(days[day]), \(part(8..<10)) \(months[month]) \(part(0..<4)) \(part(11..<19)) +0000"
    }

    /// The text when it is a message id that can stand in a header.
    static func messageID(_ text: String) -> String? {
        guard text.hasPrefix("<"), text.hasSuffix(">"), text.utf8.count <= 250, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        return text
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { String(scalar).utf8.count }
}

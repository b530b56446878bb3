import FoundationEssentials
import Models

/// The complete text of a mail (RFC 5322): headers, then text and HTML as alternatives (RFC 2046 section 5.1.4), all of it in ASCII.
struct MailText {
    let context: DeliveryContext
    let from: String
    let to: [String]

    private var domain: String { MailAddress.domain(from) }

    /// Stays the same over all attempts, so that receivers drop a second copy.
    var messageID: String { "<delivery-\(context.deliveryID)@\(domain)>" }

    /// No mail has this id: it is the common ancestor that makes one thread of an incident's mails, whichever arrive.
    private var incidentID: String { "<incident-\(context.event.incident.id)@\(domain)>" }

    var bytes: [UInt8] {
        let message = context.message
        let boundary = "tocsin-\(context.deliveryID)"
        var lines = headers(subject: message.subject)
        lines.append("Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"")
        lines.append("")
        for (type, text) in [("text/plain", MailBody.text(message)), ("text/html", MailBody.html(message))] {
            lines.append("--\(boundary)")
            lines.append("Content-Type: \(type); charset=utf-8")
            lines.append("Content-Transfer-Encoding: base64")
            lines.append("")
            lines += Self.base64Lines(text)
        }
        lines.append("--\(boundary)--")
        return Array(lines.map { $0 + "\r\n" }.joined().utf8)
    }

    private func headers(subject: String) -> [String] {
        var references = [incidentID]
        if let first = context.threadReference.flatMap(MailHeader.messageID), first != messageID { references.append(first) }
        return [
            "From: Tocsin <\(from)>",
            "To: " + to.joined(separator: ",\r\n "),
            "Date: " + MailHeader.date(context.event.at),
            "Message-ID: \(messageID)",
            "In-Reply-To: \(references.last ?? incidentID)",
            "References: " + references.joined(separator: "\r\n "),
            "Subject: " + MailHeader.unstructured(subject),
            // RFC 3834 section 5: keeps holiday replies away.
            "Auto-Submitted: auto-generated",
            "X-Tocsin-Incident: \(context.event.incident.id)",
            "MIME-Version: 1.0",
        ]
    }

    /// RFC 2045 section 6.8: lines of at most 76 characters.
    private static func base64Lines(_ text: String) -> [String] {
        let encoded = Array(Data(text.utf8).base64EncodedString().utf8)
        return stride(from: 0, to: encoded.count, by: 76).map {
            String(decoding: encoded[$0..<min($0 + 76, encoded.count)], as: UTF8.self)
        }
    }
}

import JSON

/// Block Kit layout of a message. Text from alerts stands in `plain_text` objects, where no mark-up is read, and is escaped besides.
enum SlackMessage {
    // Limits: https://docs.slack.dev/reference/block-kit/blocks and .../block-kit/composition-objects/text-object
    static let maxHeaderLength = 150
    static let maxSectionLength = 3000
    static let maxFieldLength = 2000
    static let maxFields = 10
    /// Of 40 000 that Slack takes before it cuts: https://docs.slack.dev/reference/methods/chat.postMessage#truncating
    static let maxTextLength = 4000

    /// Fields `text` and `blocks` of the main message.
    static func writeMain(_ message: IncidentMessage, to writer: inout JSONWriter) {
        writer.field("text", Escaping.slack.fit(message.subject, into: maxTextLength))
        writer.key("blocks")
        writer.array { writer in
            block("header", "text", message.headline, limit: maxHeaderLength, to: &writer)
            section(message.sentence, to: &writer)
            if !message.description.isEmpty { section(message.description, to: &writer) }
            fields(message.details, to: &writer)
            link(message.url, to: &writer)
        }
    }

    /// Fields `text` and `blocks` of a line in the thread.
    static func writeReply(_ message: IncidentMessage, to writer: inout JSONWriter) {
        let line = "\(message.emoji) \(message.sentence)"
        writer.field("text", Escaping.slack.fit(line, into: maxTextLength))
        writer.key("blocks")
        writer.array { writer in section(line, to: &writer) }
    }

    private static func section(_ text: String, to writer: inout JSONWriter) {
        block("section", "text", text, limit: maxSectionLength, to: &writer)
    }

    private static func block(_ type: String, _ key: StaticString, _ text: String, limit: Int, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("type", type)
            writer.key(key)
            plainText(text, limit: limit, to: &writer)
        }
    }

    private static func plainText(_ text: String, limit: Int, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("type", "plain_text")
            writer.field("text", Escaping.slack.fit(text, into: limit))
            // `:words:` of an alert stay words.
            writer.field("emoji", false)
        }
    }

    private static func fields(_ details: [IncidentMessage.Detail], to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("type", "section")
            writer.key("fields")
            writer.array { writer in
                for detail in details.prefix(maxFields) {
                    plainText("\(detail.name): \(detail.value)", limit: maxFieldLength, to: &writer)
                }
            }
        }
    }

    private static func link(_ url: String?, to writer: inout JSONWriter) {
        guard let url else { return }
        writer.object { writer in
            writer.field("type", "context")
            writer.key("elements")
            writer.array { writer in
                writer.object { writer in
                    writer.field("type", "mrkdwn")
                    writer.field("text", "<\(Escaping.slack.escape(url))|Open in Tocsin>")
                }
            }
        }
    }
}

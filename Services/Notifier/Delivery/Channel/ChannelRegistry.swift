import JSON
import Models

/// The channel types there are. Adding one is a line in `all`.
package struct ChannelRegistry: Sendable {
    package static let all: [any Channel.Type] = [
        SlackWebhookChannel.self,
        SlackBotChannel.self,
        EmailChannel.self,
        TelegramChannel.self,
        WebhookChannel.self,
    ]

    /// Two types share an id: the start must fail.
    package struct DuplicateType: Error, Sendable, CustomStringConvertible {
        package let type: String
        package var description: String { "two channels have the id \(type)" }
    }

    private let byType: [String: any Channel.Type]

    package init(_ types: [any Channel.Type] = ChannelRegistry.all) throws(DuplicateType) {
        var byType: [String: any Channel.Type] = [:]
        for type in types where byType.updateValue(type, forKey: type.type) != nil { throw DuplicateType(type: type.type) }
        self.byType = byType
    }

    /// Ids in alphabetical order.
    package var types: [String] { byType.keys.sorted() }

    package func type(_ id: String) -> (any Channel.Type)? { byType[id] }

    /// A channel from its stored settings.
    package func channel(type: String, config: [UInt8]) throws(ChannelConfigError) -> any Channel {
        guard let implementation = byType[type] else {
            throw .whole("there is no channel type of this name (\(types.joined(separator: ", ")))")
        }
        var settings = try ChannelSettings(config)
        settings.refuseUnknown(besides: implementation.fields)
        let channel = implementation.init(settings: &settings)
        guard settings.faults.isEmpty else { throw ChannelConfigError(faults: settings.faults) }
        return channel
    }

    /// Settings written as `name=value` on a command line, as the JSON object that is stored. Lists are comma separated.
    /// - Throws: what `channel(type:config:)` says about the result.
    package func config(type: String, settings: [(name: String, value: String)]) throws(ChannelConfigError) -> [UInt8] {
        let fields = byType[type]?.fields ?? []
        var writer = JSONWriter(reserving: 256)
        var seen: Set<String> = []
        var twice: [FieldFault] = []
        writer.object { writer in
            for (name, value) in settings {
                guard seen.insert(name).inserted else {
                    twice.append(FieldFault(field: name, reason: "is given twice"))
                    continue
                }
                writer.key(name)
                if fields.first(where: { $0.name == name })?.kind == .list {
                    let elements = value.split(separator: ",").map { String($0).trimmingBlanks() }
                    writer.array { writer in elements.forEach { writer.value($0) } }
                } else {
                    writer.value(value)
                }
            }
        }
        guard twice.isEmpty else { throw ChannelConfigError(faults: twice) }
        _ = try channel(type: type, config: writer.bytes)
        return writer.bytes
    }

    /// The settings as they may be shown: secrets are masked, unknown ones too.
    package func shown(type: String, config: [UInt8]) -> [(name: String, value: String)] {
        // What cannot be read is shown as nothing: `channel(type:config:)` says what is wrong.
        guard let root = try? JSONDocument.parse(config).root else { return [] }
        let fields = byType[type]?.fields ?? []
        return root.members.map { member in
            let field = fields.first { $0.name == member.key }
            guard let field, !field.isSecret else { return (member.key, Redaction.mask) }
            return (member.key, member.value.string ?? String(decoding: member.value.raw(), as: UTF8.self))
        }
    }
}

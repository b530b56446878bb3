import Models
import Testing

@Suite struct OtherCodecTests {
    static let command = IncidentCommand(
        id: "slack/1700000000.1234", teamID: Golden.team, incidentID: Golden.incident, action: .acknowledge,
        actor: Actor(kind: .person, name: "ada@example.com"), assigneeID: "grace", at: Golden.at(0))

    static let commandBytes = """
        {"id":"slack/1700000000.1234","teamId":"11111111-1111-4111-8111-111111111111",\
        "incidentId":"22222222-2222-4222-8222-222222222222","action":"acknowledge","actor":"person:ada@example.com",\
        "assigneeId":"grace","at":"2026-11-21T05:55:16Z"}
        """

    static let notification = NotificationRecord(
        deliveryID: Golden.delivery, teamID: Golden.team, incidentID: Golden.incident, sequence: 3, channelID: Golden.channel,
        channelType: "slack", state: .inDoubt, attempts: 2, providerID: "1700.1", reason: "connection reset", at: Golden.at(5))

    static let notificationBytes = """
        {"deliveryId":"44444444-4444-4444-8444-444444444444","teamId":"11111111-1111-4111-8111-111111111111",\
        "incidentId":"22222222-2222-4222-8222-222222222222","sequence":3,"channelId":"33333333-3333-4333-8333-333333333333",\
        "channelType":"slack","state":"in_doubt","attempts":2,"providerId":"1700.1","reason":"connection reset",\
        "at":"2026-11-21T05:55:21Z"}
        """

    static let document = DocumentRecord(
        documentID: Golden.document, teamID: Golden.team, incidentID: Golden.incident, documentKind: "post_mortem", version: 2,
        title: "Post-mortem #4711", publisher: "folder", state: .published, detail: "4711-v2.md", at: Golden.at(9))

    static let documentBytes = """
        {"documentId":"55555555-5555-4555-8555-555555555555","teamId":"11111111-1111-4111-8111-111111111111",\
        "incidentId":"22222222-2222-4222-8222-222222222222","documentKind":"post_mortem","version":2,"title":"Post-mortem #4711",\
        "publisher":"folder","state":"published","detail":"4711-v2.md","at":"2026-11-21T05:55:25Z"}
        """

    @Test func `a command is written and read byte for byte`() throws {
        try CodecPromise(
            golden: OtherCodecTests.commandBytes, value: OtherCodecTests.command, encode: { $0.encode() },
            decode: { try IncidentCommand(decoding: $0) }
        ).check(required: ["id", "teamId", "incidentId", "action", "actor", "at"])
    }

    @Test func `a notification is written and read byte for byte`() throws {
        try CodecPromise(
            golden: OtherCodecTests.notificationBytes, value: OtherCodecTests.notification, encode: { $0.encode() },
            decode: { try NotificationRecord(decoding: $0) }
        ).check(
            required: ["deliveryId", "teamId", "incidentId", "sequence", "channelId", "channelType", "state", "attempts", "at"])
    }

    @Test func `a document is written and read byte for byte`() throws {
        try CodecPromise(
            golden: OtherCodecTests.documentBytes, value: OtherCodecTests.document, encode: { $0.encode() },
            decode: { try DocumentRecord(decoding: $0) }
        ).check(
            required: [
                "documentId", "teamId", "incidentId", "documentKind", "version", "title", "publisher", "state", "detail", "at",
            ])
    }

    @Test(arguments: ["", String(repeating: "x", count: 201)])
    func `a command wants an id of 1 to 200 characters`(id: String) {
        var command = OtherCodecTests.command
        command.id = id
        let error = #expect(throws: RecordError.self) { try IncidentCommand(decoding: command.encode()) }
        #expect(error?.path == "id")
    }

    @Test func `a command wants an actor of a known kind`() {
        let broken = OtherCodecTests.commandBytes.replacing("person:ada", with: "ghost:ada")
        let error = #expect(throws: RecordError.self) { try IncidentCommand(decoding: Golden.bytes(broken)) }
        #expect(error?.path == "actor")
    }

    @Test func `facts have their topic, type and deterministic id`() {
        let facts = [OtherCodecTests.command.fact(), OtherCodecTests.notification.fact(), OtherCodecTests.document.fact()]
        #expect(facts.map(\.topic) == [.commands, .notifications, .documents])
        #expect(facts.map(\.type) == ["tocsin.incident.command.v1", "tocsin.notification.in-doubt.v1", "tocsin.document.published.v1"])
        #expect(
            facts.map(\.id) == [
                "slack/1700000000.1234", "44444444-4444-4444-8444-444444444444/in_doubt/2",
                "55555555-5555-4555-8555-555555555555/folder/published",
            ])
        #expect(Set(facts.map(\.key)) == ["22222222-2222-4222-8222-222222222222"])
    }
}

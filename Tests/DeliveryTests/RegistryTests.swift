import Delivery
import JSON
import Models
import Testing

@Suite struct RegistryTests {
    @Test func twoTypesOfOneNameStopTheStart() {
        #expect(throws: ChannelRegistry.DuplicateType.self) { try ChannelRegistry(ChannelRegistry.all + [WebhookChannel.self]) }
    }

    @Test func aTypeThatIsNotThereIsNamedWithThoseThatAre() throws {
        let registry = try ChannelRegistry()
        let error = #expect(throws: ChannelConfigError.self) { try registry.channel(type: "pager", config: Array("{}".utf8)) }
        #expect(error?.description.contains("slack-bot") == true)
    }

    @Test(arguments: ["", "[]", "7", "{", "{\"url\":1,\"url\":2}"]) func whatIsNoObjectIsRefused(_ text: String) throws {
        let registry = try ChannelRegistry()
        #expect(throws: ChannelConfigError.self) { try registry.channel(type: "slack", config: Array(text.utf8)) }
    }

    @Test func settingsOfTheCommandLineBecomeTheStoredObject() throws {
        let registry = try ChannelRegistry()
        let config = try registry.config(
            type: "email",
            settings: [("host", "mail.example.com"), ("port", "2525"), ("security", "none"), ("from", "a@b.c"), ("to", "x@y.z, v@w.u")])
        #expect(
            String(decoding: config, as: UTF8.self)
                == #"{"host":"mail.example.com","port":"2525","security":"none","from":"a@b.c","to":["x@y.z","v@w.u"]}"#)
        guard
            case .mail(let mail, let server) = try registry.channel(type: "email", config: config).render(
                Fixture.context(try Fixture.event(.opened)))
        else { throw FixtureError() }
        #expect(server.port == 2525 && server.security == .none && server.verifyCertificate && mail.to == ["x@y.z", "v@w.u"])
        let twice = #expect(throws: ChannelConfigError.self) {
            try registry.config(type: "slack", settings: [("url", "https://a.b"), ("url", "https://c.d")])
        }
        #expect(twice?.description == "url: is given twice")
    }

    @Test(arguments: [
        "ftp://a.b", "https://", "https://u:p@a.b/", "https://a b", "//a.b", "https://:80/", "javascript:alert(1)", "https://a.b/\u{e9}",
    ])
    func whatIsNoWebAddressIsRefused(_ text: String) throws {
        let registry = try ChannelRegistry()
        #expect(throws: ChannelConfigError.self) { try registry.config(type: "slack", settings: [("url", text)]) }
    }

    @Test(arguments: ["a", "a@b@c", "a b@c.d", "a@b\r\nBcc: x@y.z", "<a@b.c>", "@b.c", "a@"])
    func whatIsNoMailAddressIsRefused(_ text: String) throws {
        let registry = try ChannelRegistry()
        let settings = [("host", "h"), ("from", "a@b.c"), ("to", text)]
        #expect(throws: ChannelConfigError.self) { try registry.config(type: "email", settings: settings) }
    }

    @Test func redactionTakesSecretsPathsAndAddresses() {
        let text = "POST https://hooks.slack.com/services/T0/B0/xyz for ada@example.com failed with token abcd1234"
        #expect(
            Redaction.redact(text, secrets: ["abcd1234"])
                == "POST https://hooks.slack.com/… for ******** failed with token ********")
        #expect(Redaction.redact("http://user:pw@host:80") == "http://host:80/…")
        #expect(Redaction.redact("nothing to hide") == "nothing to hide")
    }

    @Test func theTestMessageGoesThroughEveryChannel() throws {
        let event = TestMessage.event(
            team: Fixture.team, channelName: "ops", requestedBy: Actor(kind: .person, name: "ada"), now: Fixture.now)
        for type in Fixture.types {
            #expect(!Fixture.text(try Fixture.channel(type).render(Fixture.context(event))).isEmpty)
        }
    }
}

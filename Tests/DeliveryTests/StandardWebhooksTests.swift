import Delivery
import Models
import Testing

@Suite struct StandardWebhooksTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let origin: String
        let secret: String
        let id: String
        let seconds: Int64
        let body: String
        let signature: String
        var testDescription: String { origin }
    }

    static let vectors = [
        // https://github.com/standard-webhooks/standard-webhooks, libraries' tests
        Vector(
            origin: "vendor", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330,
            body: #"{"test": 2432232314}"#, signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        Vector(
            origin: "ours", secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
            seconds: 1_760_000_000, body: #"{"type":"incident.created","timestamp":"2025-10-09T08:53:20Z","data":{"id":"INC-42"}}"#,
            signature: "v1,JQDkaOr/LA+4US0tVe6sqL4uGPTZ6mrG+/jKa89xJP0="),
    ]

    @Test(arguments: vectors) func theSignatureIsThatOfTheSpecification(_ vector: Vector) throws {
        let key = try #require(StandardWebhooks.Key(vector.secret))
        let signature = StandardWebhooks.signature(
            id: vector.id, seconds: vector.seconds, body: Array(vector.body.utf8), keys: [key])
        #expect(signature == vector.signature)
    }

    @Test func whileASecretIsExchangedEachSigns() throws {
        let keys = try Self.vectors.map { try #require(StandardWebhooks.Key($0.secret)) }
        let vector = Self.vectors[0]
        let signature = StandardWebhooks.signature(id: vector.id, seconds: vector.seconds, body: Array(vector.body.utf8), keys: keys)
        #expect(signature.split(separator: " ").count == 2)
        #expect(signature.hasPrefix(vector.signature + " v1,"))
    }

    @Test(arguments: [
        "", "whsec_", "whsec_!!!!", "whsec_c2hvcnQ=", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_" + String(repeating: "AAAA", count: 22),
    ])
    func whatIsNoSecretIsRefused(_ text: String) {
        #expect(StandardWebhooks.Key(text) == nil)
    }

    @Test func theIdStaysAndTheTimeIsThatOfTheAttempt() throws {
        let channel = try Fixture.channel("webhook")
        var context = Fixture.context(try Fixture.event(.opened))
        let first = try Fixture.http(channel.render(context))
        context.attemptedAt = context.attemptedAt.adding(seconds: 60)
        let second = try Fixture.http(channel.render(context))
        func value(_ name: String, _ message: HTTPMessage) -> String? { message.headers.first { $0.name == name }?.value }
        #expect(value("webhook-id", first) == "msg_33333333-3333-4333-8333-333333333333")
        #expect(value("webhook-id", second) == value("webhook-id", first))
        #expect(value("webhook-timestamp", first) == "1760000007" && value("webhook-timestamp", second) == "1760000067")
        #expect(first.body == second.body)
    }

    @Test func anIncidentWithHugeLabelsIsCutToTheAdvisedSize() throws {
        let labels = Dictionary(uniqueKeysWithValues: (0..<200).map { ("label\($0)", String(repeating: "x", count: 200)) })
        let message = try Fixture.http(
            Fixture.channel("webhook").render(Fixture.context(try Fixture.event(.opened, Fixture.incident(labels: labels)))))
        #expect(message.body.count <= 20_000)
        #expect(String(decoding: message.body, as: UTF8.self).contains("\"truncated\":true"))
    }
}

import Delivery
import JSON
import Models
import Testing

/// What holds for every channel there is. A new channel must add a row to the tables below, or these tests fail.
@Suite struct ChannelSuiteTests {
    /// The outcome of every status from 100 to 599, with a body that says nothing.
    static let statusTable: [String: [(ClosedRange<Int>, String)]] = [
        "slack": [
            (100...199, "retry malformedAnswer"), (200...299, "delivered"), (300...399, "permanent redirected"),
            (400...400, "permanent rejected"), (401...401, "permanent authentication"), (402...402, "permanent rejected"),
            (403...403, "permanent authentication"), (404...404, "permanent targetNotFound"), (405...406, "permanent rejected"),
            (407...407, "permanent authentication"), (408...408, "retry timeout"), (409...409, "permanent rejected"),
            (410...410, "permanent gone"), (411...412, "permanent rejected"), (413...413, "permanent tooLarge"),
            (414...424, "permanent rejected"), (425...425, "retry timeout"), (426...428, "permanent rejected"),
            (429...429, "retry rateLimited"), (430...499, "permanent rejected"), (500...599, "retry serverError"),
        ],
        "slack-bot": [
            (100...199, "retry malformedAnswer"), (200...299, "in_doubt malformedAnswer"), (300...399, "permanent redirected"),
            (400...400, "permanent rejected"), (401...401, "permanent authentication"), (402...402, "permanent rejected"),
            (403...403, "permanent authentication"), (404...404, "permanent targetNotFound"), (405...406, "permanent rejected"),
            (407...407, "permanent authentication"), (408...408, "retry timeout"), (409...409, "permanent rejected"),
            (410...410, "permanent gone"), (411...412, "permanent rejected"), (413...413, "permanent tooLarge"),
            (414...424, "permanent rejected"), (425...425, "retry timeout"), (426...428, "permanent rejected"),
            (429...429, "retry rateLimited"), (430...499, "permanent rejected"), (500...599, "retry serverError"),
        ],
        "telegram": [
            (100...199, "retry malformedAnswer"), (200...299, "in_doubt malformedAnswer"), (300...399, "permanent redirected"),
            (400...400, "permanent rejected"), (401...401, "permanent authentication"), (402...402, "permanent rejected"),
            (403...403, "permanent gone"), (404...404, "permanent authentication"), (405...406, "permanent rejected"),
            (407...407, "permanent authentication"), (408...408, "retry timeout"), (409...409, "retry serverError"),
            (410...410, "permanent gone"), (411...412, "permanent rejected"), (413...413, "permanent tooLarge"),
            (414...424, "permanent rejected"), (425...425, "retry timeout"), (426...428, "permanent rejected"),
            (429...429, "retry rateLimited"), (430...499, "permanent rejected"), (500...599, "retry serverError"),
        ],
        "webhook": [
            (100...199, "retry malformedAnswer"), (200...299, "delivered"), (300...399, "retry redirected"), (400...400, "retry rejected"),
            (401...401, "retry authentication"), (402...402, "retry rejected"), (403...403, "retry authentication"),
            (404...404, "retry targetNotFound"), (405...406, "retry rejected"), (407...407, "retry authentication"),
            (408...408, "retry timeout"), (409...409, "retry rejected"), (410...410, "permanent gone"), (411...412, "retry rejected"),
            (413...413, "retry tooLarge"), (414...424, "retry rejected"), (425...425, "retry timeout"), (426...428, "retry rejected"),
            (429...429, "retry rateLimited"), (430...499, "retry rejected"), (500...599, "retry serverError"),
        ],
        // Codes of SMTP: what is not 2xx comes as a failure, but must not be taken for success if it came as a reply.
        "email": [
            (100...199, "retry serverError"), (200...299, "delivered"), (300...499, "retry serverError"), (500...599, "permanent rejected"),
        ],
    ]

    private func words(_ outcome: Outcome) -> String {
        switch outcome {
        case .delivered, .found: "delivered"
        case .retry(_, let refusal), .permanent(let refusal), .inDoubt(let refusal), .threadGone(let refusal),
            .lookUpFailed(_, let refusal), .leftInDoubt(let refusal):
            "\(outcome.label) \(refusal.reason.rawValue)"
        case .moved: "moved"
        }
    }

    private func answer(_ type: String, status: Int, headers: [HTTPMessage.Header] = [], body: [UInt8] = []) -> ProviderAnswer {
        type == "email"
            ? .mail(code: status, text: String(decoding: body, as: UTF8.self)) : .http(status: status, headers: headers, body: body)
    }

    @Test func everyRegisteredTypeIsInTheseTables() throws {
        let registry = try ChannelRegistry()
        #expect(registry.types == Fixture.types)
        #expect(Set(Self.statusTable.keys) == Set(registry.types))
        #expect(Set(Fixture.configs.keys) == Set(registry.types))
    }

    @Test(arguments: Fixture.types) func everyStatusMeansWhatTheTableSays(_ type: String) throws {
        let channel = try Fixture.channel(type)
        let context = Fixture.context(try Fixture.event(.opened))
        let table = try #require(Self.statusTable[type])
        for status in 100...599 {
            let row = try #require(table.filter { $0.0.contains(status) }.first, "no row for \(status)")
            #expect(words(channel.classify(answer(type, status: status), to: context)) == row.1, "status \(status)")
        }
    }

    @Test(arguments: Fixture.types) func aFailureThatMayHaveBeenSentIsInDoubtAndAnyOtherIsNot(_ type: String) throws {
        let channel = try Fixture.channel(type)
        let context = Fixture.context(try Fixture.event(.opened))
        let permanent: Set<FailureReason> = [.tooLarge, .addressRefused, .configuration, .authentication]
        for reason in FailureReason.allCases {
            let lost = channel.classify(.failure(SendFailure(reason, mayHaveBeenSent: true)), to: context)
            #expect(lost == .inDoubt(Refusal(reason)))
            let failed = channel.classify(.failure(SendFailure(reason, mayHaveBeenSent: false)), to: context)
            #expect(failed == (permanent.contains(reason) ? .permanent(Refusal(reason)) : .retry(afterSeconds: nil, Refusal(reason))))
        }
    }

    @Test(arguments: [(421, "retry"), (450, "retry"), (452, "retry"), (535, "permanent"), (550, "permanent"), (554, "permanent")])
    func aMailServersRefusalIsTriedAgainWhenItIsTransient(_ code: Int, _ label: String) throws {
        let channel = try Fixture.channel("email")
        let failure = SendFailure(code: code == 535 ? "authentication" : "smtpRefused", mayHaveBeenSent: false, smtpCode: code)
        #expect(channel.classify(.failure(failure), to: Fixture.context(try Fixture.event(.opened))).label == label)
    }

    @Test(arguments: Fixture.types) func retryAfterIsHonouredUpToADay(_ type: String) throws {
        guard type != "email" else { return }
        let channel = try Fixture.channel(type)
        let context = Fixture.context(try Fixture.event(.opened))
        for (value, seconds) in [("30", 30), ("0", 0), ("999999999", 86_400), ("-5", nil), ("soon", nil), ("", nil)] as [(String, Int?)] {
            let outcome = channel.classify(answer(type, status: 429, headers: [.init("rEtry-AFTER", value)]), to: context)
            #expect(outcome == .retry(afterSeconds: seconds, Refusal(.rateLimited, status: 429)), "\(value)")
        }
    }

    /// Bodies that no provider sends, or should not.
    static let oddBodies: [[UInt8]] = [
        [], [0], [0xFF, 0xFE], Array("null".utf8), Array("[]".utf8), Array("{}".utf8), Array("true".utf8), Array("{\"ok\":".utf8),
        Array("{\"ok\":\"true\"}".utf8), Array("{\"ok\":1}".utf8), Array("{\"ok\":false}".utf8), Array("{\"ok\":null}".utf8),
        Array("{\"ok\":false,\"error\":5}".utf8), Array("<html><body>Log in to the hotel network</body></html>".utf8),
        Array("{\"ok\":true,\"ok\":false}".utf8), Array(repeating: UInt8(ascii: "["), count: 100_000),
        Array(repeating: UInt8(ascii: "a"), count: 5_000_000),
        Array("{\"ok\":true,\"ts\":\"\(String(repeating: "9", count: 60_000))\",\"result\":{\"message_id\":1e999}}".utf8),
    ]

    @Test(arguments: Fixture.types) func oddAnswersNeverCrashNorPassForMoreThanTheyAre(_ type: String) throws {
        let channel = try Fixture.channel(type)
        let context = Fixture.context(try Fixture.event(.opened))
        for body in Self.oddBodies {
            for status in [200, 204, 400, 403, 429, 500] {
                let outcome = channel.classify(answer(type, status: status, body: body), to: context)
                if status >= 400 { #expect(outcome.label != "delivered") }
                if case .delivered(let id, let thread) = outcome {
                    #expect((id ?? "").utf8.count <= 250 && (thread ?? "").utf8.count <= 250)
                    // Where the provider says whether it worked, its word counts and not the status.
                    if type == "slack-bot" || type == "telegram" { #expect(body.starts(with: Array("{\"ok\":true,\"ts\"".utf8))) }
                }
            }
        }
    }

    @Test(arguments: Fixture.types) func noSecretOrAddressIsInAnyOutcomeOrPrintedValue(_ type: String) throws {
        let channel = try Fixture.channel(type)
        let context = Fixture.context(try Fixture.event(.opened))
        var seen = ""
        for status in 100...599 {
            for text in [
                Fixture.canary, "{\"ok\":false,\"error\":\"\(Fixture.canary)\",\"description\":\"bad \(Fixture.canary)\"}",
                "{\"ok\":false,\"error_code\":400,\"description\":\"chat not found \(Fixture.canary)\"}",
            ] {
                let outcome = channel.classify(answer(type, status: status, body: Array(text.utf8)), to: context)
                seen += "\(outcome) \(words(outcome))"
                let settlement = Settlement(outcome, attempts: 1, resends: 0, doubt: .resend, now: Fixture.now) { _, _ in nil }
                seen += "\(settlement)"
            }
        }
        let message = channel.render(context)
        dump(message, to: &seen)
        dump(SendFailure(code: "timeout", mayHaveBeenSent: true, smtpCode: nil).outcome, to: &seen)
        seen += "\(message) \(String(reflecting: message))"
        if case .mail(let mail, let server) = message { seen += "\(mail) \(server) \(String(reflecting: server))" }
        #expect(!seen.contains(Fixture.canary))
        let registry = try ChannelRegistry()
        let shown = registry.shown(type: type, config: Array((Fixture.configs[type] ?? "").utf8))
        for (name, value) in shown where name != "to" && name != "username" { #expect(!value.contains(Fixture.canary), "\(name)") }
    }

    @Test(arguments: Fixture.types) func theFaultsOfSettingsNeverShowTheirValues(_ type: String) throws {
        let registry = try ChannelRegistry()
        let fields = try #require(registry.type(type)).fields
        for field in fields {
            for value in ["\"\(Fixture.canary)\\n\"", "[\"\(Fixture.canary)\",\"\"]", "{\"a\":\"\(Fixture.canary)\"}", "17.5", "\"\""] {
                let config = "{\"\(field.name)\":\(value),\"mystery\":\"\(Fixture.canary)\"}"
                let error = #expect(throws: ChannelConfigError.self) { try registry.channel(type: type, config: Array(config.utf8)) }
                #expect(error.map { "\($0)".contains(Fixture.canary) } == false)
                #expect(error?.faults.contains { $0.field == "mystery" } == true)
            }
        }
    }

    @Test(arguments: Fixture.types) func everyMissingSettingIsToldAtOnce(_ type: String) throws {
        let registry = try ChannelRegistry()
        let required = try #require(registry.type(type)).fields.filter(\.isRequired).map(\.name)
        let error = #expect(throws: ChannelConfigError.self) { try registry.channel(type: type, config: Array("{}".utf8)) }
        let missing = error?.faults.filter { $0.reason == "is missing" }.map(\.field)
        #expect(missing?.sorted() == required.sorted())
    }

    @Test(arguments: Fixture.types) func fieldsDescribeThemselves(_ type: String) throws {
        let implementation = try #require(try ChannelRegistry().type(type))
        #expect(!implementation.summary.isEmpty)
        #expect(Set(implementation.fields.map(\.name)).count == implementation.fields.count)
        #expect(implementation.fields.allSatisfy { !$0.meaning.isEmpty })
    }

    @Test(arguments: Fixture.types) func theSameAttemptRendersTheSameBytes(_ type: String) throws {
        let channel = try Fixture.channel(type)
        for kind in IncidentEvent.Kind.allCases {
            let context = Fixture.context(try Fixture.event(kind), thread: Fixture.thread(type))
            #expect(channel.render(context) == channel.render(context))
        }
    }

    @Test(arguments: Fixture.types) func onlyChannelsThatUpdateInPlaceTellOfUpdates(_ type: String) throws {
        let implementation = try #require(try ChannelRegistry().type(type))
        let parts = implementation.parts(for: .updated, hasThread: true)
        #expect(parts == (implementation.traits.updatesInPlace ? [.main] : []))
        for kind in IncidentEvent.Kind.allCases where kind != .updated {
            #expect(implementation.parts(for: kind, hasThread: false) == [.main])
            #expect(implementation.parts(for: kind, hasThread: true).first == .main)
        }
    }

    @Test(arguments: Fixture.types) func withoutAConsoleAddressThereIsNoLink(_ type: String) throws {
        let text = Fixture.text(try Fixture.channel(type).render(Fixture.context(try Fixture.event(.opened), consoleURL: nil)))
        #expect(!text.contains("Open in Tocsin") && !text.contains("/incidents/"))
    }
}

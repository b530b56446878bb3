import Hummingbird
import Models
import Synchronization
import Testing

@testable import ingest_gateway

/// Bodies that do not come as announced, straight at the responder.
@Suite struct BodyReadingTests {
    private func request(_ headers: [String: String?], _ body: RequestBody) -> Request {
        Request(
            head: HTTPRequest(
                method: .post, scheme: "http", authority: "gateway", path: "/api/webhooks/generic", headerFields: .sent(headers)),
            body: body)
    }

    private func respond(
        _ fixture: Fixture, _ headers: [String: String?], _ body: RequestBody
    ) async throws -> (response: Response, hungUp: Bool) {
        let response = try await fixture.gateway().respond(
            to: request(headers, body), context: GatewayContext(hangUpSoon: { fixture.hangUps.withLock { $0 += 1 } }))
        return (response, fixture.hangUps.withLock { $0 } > 0)
    }

    @Test(.timeLimit(.minutes(10))) func aBodyThatNeverEndsIsCutOff() async throws {
        let fixture = Fixture(["TOCSIN_GATEWAY_REQUEST_TIMEOUT_S": "1"])
        let (body, source) = RequestBody.makeStream()
        defer { source.finish() }
        await source.yield(ByteBuffer(string: #"{"title":"#))
        let (response, hungUp) = try await respond(fixture, ["Content-Length": "100"], body)
        #expect(response.status == .requestTimeout && hungUp)
        #expect(response.headers[.connection] == "close")
        #expect(fixture.facts.isEmpty)
    }

    @Test(.timeLimit(.minutes(10))) func aRefusedBodyThatNeverEndsIsNotWaitedForEither() async throws {
        let fixture = Fixture(["TOCSIN_GATEWAY_REQUEST_TIMEOUT_S": "1"])
        let (body, source) = RequestBody.makeStream()
        defer { source.finish() }
        let (response, hungUp) = try await respond(fixture, ["Content-Length": "100", "Authorization": nil], body)
        #expect(response.status == .unauthorized && hungUp)
    }

    @Test func aBodyShorterThanAnnouncedIsRefused() async throws {
        let fixture = Fixture()
        let (response, _) = try await respond(
            fixture, ["Content-Length": "100"], RequestBody(buffer: ByteBuffer(string: #"{"title":"A"}"#)))
        #expect(response.status == .badRequest)
        #expect(fixture.facts.isEmpty)
    }

    @Test func aChunkedBodyIsTaken() async throws {
        let fixture = Fixture()
        let (body, source) = RequestBody.makeStream()
        defer { source.finish() }
        await source.yield(ByteBuffer(string: #"{"title":"#))
        await source.yield(ByteBuffer(string: #""A"}"#))
        source.finish()
        let (response, hungUp) = try await respond(fixture, ["Transfer-Encoding": "chunked"], body)
        #expect(response.status == .ok && !hungUp)
        #expect(fixture.facts.count == 1)
    }

    @Test func aChunkedBodyOverTheLimitIsCutOffThere() async throws {
        let fixture = Fixture(["TOCSIN_GATEWAY_MAX_BODY_BYTES": "1024"])
        let (body, source) = RequestBody.makeStream()
        defer { source.finish() }
        for _ in 0..<3 { await source.yield(ByteBuffer(repeating: 0x20, count: 1000)) }
        let (response, hungUp) = try await respond(fixture, ["Transfer-Encoding": "chunked"], body)
        #expect(response.status == .contentTooLarge && hungUp)
    }

    @Test func aBodySomewhatOverTheLimitIsReadToItsEndSoThatItsSenderSeesTheAnswer() async throws {
        let fixture = Fixture(["TOCSIN_GATEWAY_MAX_BODY_BYTES": "1024"])
        let (response, hungUp) = try await respond(
            fixture, ["Content-Length": "1500"], RequestBody(buffer: ByteBuffer(repeating: 0x20, count: 1500)))
        #expect(response.status == .contentTooLarge && !hungUp)
    }

    @Test(arguments: ["many", "-1", "", "5 ", "99999999999999999999"]) func aSenselessLengthIsRefused(_ length: String) async throws {
        let (response, _) = try await respond(Fixture(), ["Content-Length": length], RequestBody(buffer: ByteBuffer(string: "{}")))
        #expect([400, 413].contains(response.status.code))
    }

    @Test func bodiesInMemoryAreBounded() {
        let budget = BodyBudget(bytes: 100, longest: 40)
        let (team, other, third) = (TeamID.random(), TeamID.random(), TeamID.random())
        #expect(budget.reserve(50, for: team))
        #expect(budget.reserve(40, for: other))
        #expect(!budget.reserve(20, for: third))
        budget.release(50, for: team)
        #expect(budget.reserve(20, for: third))
        #expect(budget.used == 60)
    }

    @Test func slowUploadsOfOneTeamLeaveRoomForTheOthers() {
        let budget = BodyBudget(bytes: 100, longest: 40)
        let (team, other) = (TeamID.random(), TeamID.random())
        #expect(budget.reserve(40, for: team))
        #expect(!budget.reserve(20, for: team))
        #expect(budget.reserve(40, for: other))
        budget.release(40, for: team)
        #expect(budget.reserve(50, for: team))
        // A team may always have one body of the longest.
        #expect(BodyBudget(bytes: 100, longest: 90).reserve(90, for: team))
    }
}

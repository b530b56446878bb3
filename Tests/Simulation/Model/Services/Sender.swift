import AlertSources
import JSON
import Models

/// An Alertmanager with one group, or a Prometheus: tells how its alerts are, again and again, and does not let go until it hears 200.
final class Sender {
    private struct Subject {
        let labels: Labels
        var isFiring = false
        var startsAt: Timestamp?
        var endsAt: Timestamp?
        /// Its end has been told and taken.
        var isEndTold = true
    }

    private static let answerTimeoutMilliseconds = 10_000
    /// How far ahead Prometheus sets the end of what still fires.
    private static let expirySeconds = 40

    private let fiber: Fiber
    private let team: Team
    private let isPrometheus: Bool
    private let network: Network
    private var subjects: [Subject]
    private(set) var isDone = false
    private var waitsFor = 0

    private var world: World { fiber.process.world }

    init(_ fiber: Fiber, team: Team, service: String, job: String, alerts: Int, isPrometheus: Bool, network: Network) {
        self.fiber = fiber
        self.team = team
        self.isPrometheus = isPrometheus
        self.network = network
        let severities = ["critical", "high", "warning", "info"]
        subjects = (0..<alerts).map {
            Subject(labels: [
                "alertname": "Alert\($0)", "service": service, "instance": "\(service)-\($0):9100", "job": job,
                "severity": severities[$0 % severities.count],
            ])
        }
        think()
    }

    private func think() {
        fiber.then(after: world.random.chance(300) ? world.random.within(50...800) : world.random.within(500...6000)) { [self] in
            let isLast = world.isHealing
            if isLast {
                for index in subjects.indices where isPrometheus && subjects[index].isFiring { turn(index) }
            } else {
                for index in subjects.indices where world.random.chance(250) { turn(index) }
            }
            let told = subjects.indices.filter {
                subjects[$0].startsAt != nil && (subjects[$0].isFiring || !subjects[$0].isEndTold || isLast || world.random.chance(100))
            }
            guard !told.isEmpty else {
                isDone = isLast
                return isLast ? () : think()
            }
            post(body(told), told, isLast: isLast)
        }
    }

    private func turn(_ index: Int) {
        // Whole milliseconds, and a new start lies after everything before it.
        let now = Timestamp(microseconds: world.now.microseconds / 1000 * 1000)
        if subjects[index].isFiring {
            subjects[index].isFiring = false
            subjects[index].endsAt = max(now, (subjects[index].startsAt ?? now).adding(milliseconds: 1))
            subjects[index].isEndTold = false
        } else {
            subjects[index].isFiring = true
            subjects[index].startsAt = max(now, (subjects[index].endsAt ?? now).adding(milliseconds: 1))
            subjects[index].endsAt = nil
        }
    }

    private func body(_ told: [Int]) -> [UInt8] {
        var writer = JSONWriter(reserving: 1024)
        if isPrometheus {
            writer.array { array in for index in told { array.object { write(subjects[index], to: &$0) } } }
        } else {
            writer.object { writer in
                writer.field("version", "4")
                writer.field("status", told.contains { subjects[$0].isFiring } ? "firing" : "resolved")
                writer.field("receiver", "tocsin")
                writer.key("alerts")
                writer.array { array in for index in told { array.object { write(subjects[index], to: &$0) } } }
            }
        }
        return writer.bytes
    }

    private func write(_ subject: Subject, to writer: inout JSONWriter) {
        if !isPrometheus { writer.field("status", subject.isFiring ? "firing" : "resolved") }
        writer.field("labels", map: subject.labels)
        writer.field("startsAt", subject.startsAt?.rfc3339)
        let end = isPrometheus && subject.isFiring ? world.now.adding(seconds: Self.expirySeconds) : subject.endsAt
        writer.field("endsAt", end?.rfc3339 ?? "0001-01-01T00:00:00Z")
    }

    /// Again and again until it is taken.
    private func post(_ body: [UInt8], _ told: [Int], isLast: Bool) {
        waitsFor += 1
        let call = waitsFor
        let request = Request(team: team, source: isPrometheus ? PrometheusAlerts.self : Alertmanager.self, body: body) { [self] status in
            guard call == waitsFor else { return }
            waitsFor += 1
            fiber.then { [self] in status == 200 ? taken(told, isLast: isLast) : again(body, told, isLast: isLast) }
        }
        fiber.then(after: Self.answerTimeoutMilliseconds) { [self] in again(body, told, isLast: isLast) }
        network.send(request)
        world.trace.note("posts", told.count)
    }

    private func again(_ body: [UInt8], _ told: [Int], isLast: Bool) {
        waitsFor += 1
        fiber.then(after: world.random.within(200...4000)) { [self] in post(body, told, isLast: isLast) }
    }

    private func taken(_ told: [Int], isLast: Bool) {
        for index in told where !subjects[index].isFiring { subjects[index].isEndTold = true }
        if isLast { isDone = true } else { think() }
    }
}

/// What lies between the senders and the gateways: picks a gateway, loses nothing on the way there, and delivers some requests twice.
final class Network {
    private let fiber: Fiber
    private(set) var delayed: [(at: Timestamp, request: Request)] = []
    var gateways: [Gateway?] = []

    init(_ fiber: Fiber) {
        self.fiber = fiber
        tick()
    }

    /// Nothing is between a sender and the log.
    var isIdle: Bool { delayed.isEmpty && gateways.allSatisfy { $0?.isIdle ?? true } }

    func send(_ request: Request) {
        let world = fiber.process.world
        gateways[world.random.below(gateways.count)]?.receive(request)
        if world.strikes(.duplicateRequest, 25) {
            let copy = Request(team: request.team, source: request.source, body: request.body, answer: nil)
            let longest = world.random.chance(200) ? 60_000 : 8000
            delayed.append((world.now.adding(milliseconds: Int64(world.random.within(100...longest))), copy))
        }
    }

    private func tick() {
        fiber.then(after: 1000) { [self] in
            let now = fiber.process.world.now
            for (at, request) in delayed where at <= now {
                gateways[fiber.process.world.random.below(gateways.count)]?.receive(request)
            }
            delayed.removeAll { $0.at <= now }
            fiber.process.world.broker.deliverLate()
            fiber.process.world.restartDue()
            tick()
        }
    }
}

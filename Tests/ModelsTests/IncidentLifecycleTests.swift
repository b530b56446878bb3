import Models
import Testing

@Suite struct IncidentLifecycleTests {
    static let ada = Actor(kind: .person, name: "ada")

    private func incident(_ status: Incident.Status) -> Incident {
        var incident = Golden.barrenIncident
        incident.status = status
        incident.ackedAt = status == .acknowledged ? Golden.at(1) : nil
        incident.resolvedAt = status == .resolved ? Golden.at(2) : nil
        incident.assigneeID = status == .acknowledged ? "grace" : nil
        return incident
    }

    /// Every status and every command: what comes of it.
    @Test(
        arguments: [
            (.open, .acknowledge, .acknowledged, nil), (.open, .resolve, .resolved, nil),
            (.acknowledged, .acknowledge, nil, .alreadyAcknowledged(by: "grace")), (.acknowledged, .resolve, .resolved, nil),
            (.resolved, .acknowledge, nil, .alreadyResolved), (.resolved, .resolve, nil, .alreadyResolved),
        ] as [(Incident.Status, IncidentCommand.Action, Incident.Status?, TransitionRefusal?)])
    func `a command moves the status or is refused`(
        from: Incident.Status, action: IncidentCommand.Action, to: Incident.Status?, refusal: TransitionRefusal?
    ) {
        let command = IncidentCommand(
            id: "1", teamID: Golden.team, incidentID: Golden.incident, action: action, actor: IncidentLifecycleTests.ada, assigneeID: nil,
            at: Golden.at(5))
        do {
            let event = try command.applied(to: incident(from), now: Golden.at(10))
            #expect(event.incident.status == to)
            #expect(event.sequence == 2)
            #expect(event.at == Golden.at(10) && event.incident.updatedAt == Golden.at(10))
            #expect(event.actor == IncidentLifecycleTests.ada)
        } catch {
            #expect(error == refusal)
        }
        #expect((to == nil) == (refusal != nil))
    }

    @Test(arguments: [(TransitionRefusal.alreadyResolved, "already_resolved"), (.alreadyAcknowledged(by: "x"), "already_acknowledged")])
    func `a refusal has a word for machines and a reason for people`(refusal: TransitionRefusal, code: String) {
        #expect(refusal.code == code)
        #expect(refusal.reason.contains("already"))
    }

    @Test func `an acknowledgement goes to the one named, else to who has it, else to who acknowledged`() throws {
        var mine = incident(.open)
        #expect(try mine.acknowledged(by: IncidentLifecycleTests.ada, assignee: "grace", at: Golden.at(1)).incident.assigneeID == "grace")
        #expect(try mine.acknowledged(by: IncidentLifecycleTests.ada, assignee: nil, at: Golden.at(1)).incident.assigneeID == "ada")
        mine.assigneeID = "linus"
        #expect(try mine.acknowledged(by: IncidentLifecycleTests.ada, assignee: nil, at: Golden.at(1)).incident.assigneeID == "linus")
    }

    @Test func `a reopened incident is open, keeps its assignee and loses acknowledgement and due time`() throws {
        var resolved = try incident(.acknowledged).resolved(by: IncidentLifecycleTests.ada, at: Golden.at(5)).incident
        resolved.resolveDueAt = Golden.at(9)
        let event = resolved.reopened(by: .system("alert-grouper"), at: Golden.at(8), change: .init()) { $0.firingCount = 1 }
        #expect(event.kind == .reopened)
        #expect(event.incident.status == .open)
        #expect(event.incident.ackedAt == nil && event.incident.resolvedAt == nil && event.incident.resolveDueAt == nil)
        #expect(event.incident.assigneeID == "grace")
        #expect(event.incident.reopenCount == 1 && event.incident.firingCount == 1)
    }

    @Test func `a clock that went back does not turn time back`() throws {
        var late = incident(.open)
        late.updatedAt = Golden.at(100)
        let event = try late.resolved(by: IncidentLifecycleTests.ada, at: Golden.at(50))
        #expect(event.at == Golden.at(100))
        #expect(event.incident.resolvedAt == Golden.at(100))
    }

    @Test func `resolving clears the due time and records when`() throws {
        var held = incident(.open)
        held.resolveDueAt = Golden.at(60)
        let event = try held.resolved(by: IncidentLifecycleTests.ada, at: Golden.at(50))
        #expect(event.incident.resolveDueAt == nil)
        #expect(event.incident.resolvedAt == Golden.at(50))
    }

    @Test func `opened and updated count the sequence on and leave the status`() {
        var fresh = Golden.barrenIncident
        fresh.sequence = 0
        let opened = fresh.opened(by: .system("alert-grouper"), at: Golden.at(0), change: .init(alertsFired: 1))
        let updated = opened.incident.updated(by: .system("alert-grouper"), at: Golden.at(1), change: .init()) { $0.severity = .high }
        #expect([opened.sequence, updated.sequence] == [1, 2])
        #expect([opened.kind, updated.kind] == [.opened, .updated])
        #expect(updated.incident.status == .open && updated.incident.severity == .high)
    }
}

import FoundationEssentials
import Models
import Testing

@Suite struct EventCatchUpTests {
    private static let team = TeamID(UUID(uuidString: "11111111-1111-4111-8111-111111111111") ?? UUID())
    private static let incident = IncidentID(UUID(uuidString: "22222222-2222-4222-8222-222222222222") ?? UUID())

    private static func events(_ sequences: [Int64]) -> [Int64: IncidentEvent] {
        let pairs = sequences.map { sequence in
            let incident = Incident(
                id: incident, teamID: team, number: 1, title: "", description: "", status: .open, severity: .high,
                groupingKey: GroupingKey("service=a"), labels: [:], createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0),
                sequence: sequence)
            return (sequence, IncidentEvent(kind: .updated, at: Timestamp(seconds: 0), actor: .system("test"), incident: incident))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test func `what was handled before is nothing new`() {
        #expect(EventCatchUp(Self.events([1, 2]), after: 2) == .nothing)
        #expect(EventCatchUp([:], after: 0) == .nothing)
    }

    @Test func `what follows without a gap is taken in sequence, however it came`() {
        let events = Self.events([4, 2, 3])
        #expect(EventCatchUp(events, after: 2) == .complete([events[3], events[4]].compactMap(\.self)))
        #expect(EventCatchUp(events, after: 1) == .complete([events[2], events[3], events[4]].compactMap(\.self)))
    }

    @Test func `a gap is read from the event log, from the first that is missing`() {
        #expect(EventCatchUp(Self.events([5]), after: 2) == .read(team: Self.team, from: 3, to: 5))
        #expect(EventCatchUp(Self.events([3, 5]), after: 2) == .read(team: Self.team, from: 3, to: 5))
    }

    @Test func `a sequence far ahead costs no more than the events there are`() {
        #expect(EventCatchUp(Self.events([Int64.max]), after: 0) == .read(team: Self.team, from: 1, to: .max))
    }
}

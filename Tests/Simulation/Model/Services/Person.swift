import Models

/// Somebody at the console, or in chat, who acknowledges and resolves what is open; asks again, with the same id, when no answer came.
struct Person {
    let fiber: Fiber
    let console: Console

    func look() {
        let world = fiber.process.world
        fiber.then(after: world.random.within(500...9000)) {
            guard !world.isHealing else { return }
            let recent = world.store.incidentOrder.suffix(12).compactMap { world.store.incidents[$0] }.filter { $0.status != .resolved }
            guard !recent.isEmpty else { return look() }
            let incident = world.random.pick(recent)
            let command = IncidentCommand(
                id: "wish-\(world.ledger.newWish())", teamID: incident.teamID, incidentID: incident.id,
                action: world.random.chance(650) ? .acknowledge : .resolve, actor: Actor(kind: .person, name: "ada@example.com"),
                assigneeID: nil, at: fiber.process.clock)
            world.random.chance(400) ? chat(command, tries: 3) : ask(command, tries: 3)
        }
    }

    private func ask(_ command: IncidentCommand, tries: Int) {
        console.carryOut(command) { fault in
            fault != nil && tries > 1 ? ask(command, tries: tries - 1) : look()
        }
    }

    private func chat(_ command: IncidentCommand, tries: Int) {
        fiber.then {
            do {
                try fiber.process.world.broker.send([LogMessage(command.fact())])
                look()
            } catch {
                tries > 1 ? chat(command, tries: tries - 1) : look()
            }
        }
    }
}

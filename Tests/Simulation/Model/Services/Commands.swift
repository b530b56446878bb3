import Models

/// CommandStore: once each, whoever asks.
final class CommandRun {
    private let command: IncidentCommand
    private let now: Timestamp
    private(set) var event: IncidentEvent?

    init(_ command: IncidentCommand, now: Timestamp) {
        self.command = command
        self.now = now
    }

    func carryOut(_ transaction: Transaction) throws {
        event = nil
        guard let incident = try transaction.lockIncidents([command.incidentID]).first,
            let made = try? command.applied(to: incident, now: now)
        else { return }
        try transaction.lock(.command(command.id))
        guard !transaction.store.commands.contains(command.id), !transaction.writes.commands.contains(command.id) else { return }
        transaction.writes.commands.insert(command.id)
        try transaction.save([made])
        event = made
    }
}

/// Commands from chat, by the grouper.
struct CommandHandling: Handler {
    let world: World

    func statements(_ batch: Batch, now: Timestamp) -> (statements: [Statement], retry: Retry?) {
        let statements = batch.records.enumerated().map { index, entry in
            Statement("carry out command") { transaction in
                guard let command = try? IncidentCommand(decoding: entry.record.value) else { throw StoreFault.poison(index: index) }
                let run = CommandRun(command, now: now)
                try run.carryOut(transaction)
                if let event = run.event { batch.facts.append(event.fact(from: Grouper.service)) }
            }
        }
        return (statements, nil)
    }

    func committed(_ batch: Batch) {}
}

/// Console: a person's wish in a transaction of its own.
struct Console {
    let fiber: Fiber
    let publisher: DirectPublisher

    func carryOut(_ command: IncidentCommand, done: @escaping (StoreFault?) -> Void) {
        let run = CommandRun(command, now: fiber.process.clock)
        var entries: [OutboxEntry] = []
        fiber.transact([
            Statement("carry out command") { try run.carryOut($0) },
            Statement("insert outbox") { entries = $0.insertOutbox(run.event.map { [LogMessage($0.fact(from: "console"))] } ?? []) },
        ]) { fault in
            guard fault == nil else { return done(fault) }
            publisher.publish(entries, on: fiber) { done(nil) }
        }
    }
}

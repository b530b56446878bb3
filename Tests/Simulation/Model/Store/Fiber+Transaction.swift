/// One statement of a transaction: one step.
struct Statement {
    let name: StaticString
    let run: (Transaction) throws -> Void

    init(_ name: StaticString, _ run: @escaping (Transaction) throws -> Void) {
        self.name = name
        self.run = run
    }
}

/// A unique violation from `savepoint` on undoes everything since then, and goes on with `from`, a few times.
struct Retry {
    var from: Int
    var savepoint: Int
    var left = 3

    func after(_ statements: Int) -> Retry { Retry(from: from + statements, savepoint: savepoint + statements, left: left) }
}

/// How a fiber talks to the store: a statement is a step, COMMIT is another, and each of them may fail on its own.
extension Fiber {
    /// Runs the statements and commits.
    /// - Parameter retry: what to do about a unique violation; nil: it ends the transaction.
    func transact(_ statements: [Statement], retry: Retry? = nil, done: @escaping (StoreFault?) -> Void) {
        then { [self] in
            let transaction = process.world.store.begin(self)
            perform(statements, 0, in: transaction, retry: retry, done)
        }
    }

    /// One statement that commits by itself.
    func query<Result>(
        _ name: StaticString, _ run: @escaping (Transaction) throws -> Result, done: @escaping (Swift.Result<Result, StoreFault>) -> Void
    ) {
        then { [self] in attempt(name, run, done) }
    }

    private func attempt<Result>(
        _ name: StaticString, _ run: @escaping (Transaction) throws -> Result, _ done: @escaping (Swift.Result<Result, StoreFault>) -> Void
    ) {
        let transaction = process.world.store.begin(self)
        var result: Result?
        let fault = execute(Statement(name) { result = try run($0) }, in: transaction)
        if case .blocked = fault {
            transaction.abort()
            then { [self] in attempt(name, run, done) }
            waitingFor = transaction.blocker
        } else if let fault {
            transaction.abort()
            done(.failure(fault))
        } else if let fault = commit(transaction) {
            done(.failure(fault))
        } else if let result {
            done(.success(result))
        }
    }

    private func perform(
        _ statements: [Statement], _ index: Int, in transaction: Transaction, retry: Retry?,
        _ done: @escaping (StoreFault?) -> Void
    ) {
        guard index < statements.count else {
            done(commit(transaction))
            return
        }
        if index == retry?.savepoint { transaction.setSavepoint() }
        var next = index + 1
        var retry = retry
        var holder: Transaction?
        switch execute(statements[index], in: transaction) {
        case nil: break
        case .blocked:
            next = index
            holder = transaction.blocker
        case .uniqueViolation where retry.map { $0.left > 0 && index >= $0.savepoint } ?? false:
            transaction.rollBackToSavepoint()
            process.world.ledger.collisions += 1
            next = retry?.from ?? 0
            retry?.left -= 1
        case let fault?:
            transaction.abort()
            return done(fault)
        }
        then { [self] in perform(statements, next, in: transaction, retry: retry, done) }
        waitingFor = holder
    }

    private func execute(_ statement: Statement, in transaction: Transaction) -> StoreFault? {
        let world = process.world
        world.trace.note(statement.name)
        if transaction.isBroken || world.store.isAway || world.strikes(.statementFailed, 1) { return .connection }
        let before = transaction.writes
        do {
            try statement.run(transaction)
            return nil
        } catch let fault as StoreFault {
            // It runs again from its beginning, or not at all.
            transaction.writes = before
            world.trace.note("fails", 0, 0, "\(fault)")
            return fault
        } catch {
            // What the transaction waited for outside of the store.
            return .connection
        }
    }

    private func commit(_ transaction: Transaction) -> StoreFault? {
        let world = process.world
        world.trace.note("commit")
        if transaction.isBroken || world.store.isAway || world.strikes(.commitFailed, 3) {
            transaction.abort()
            return .connection
        }
        if world.strikes(.commitUnknownLost, 3) {
            transaction.abort()
            return .commitUnknown
        }
        transaction.commit()
        return world.strikes(.commitUnknownDone, 3) ? .commitUnknown : nil
    }
}

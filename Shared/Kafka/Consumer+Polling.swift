import Logging

/// What runs on the consumer's thread. The callbacks of the group run inside `consume`, hence on this thread too.
extension Consumer {
    enum Collected: Sendable {
        case batch(RecordBatch)
        /// Positions are missing or a partition was refused; nothing was collected.
        case mustSettle
        case failed(KafkaError)
    }

    /// How late `close` and cancellation may be noticed. Records are not delayed by it.
    private static let sliceMilliseconds = 50

    /// Polls until the batch is complete.
    func collect(_ limits: BatchLimits, _ interrupt: Interrupt) -> Collected {
        guard let client = client.withLock({ $0 }) else { return .failed(.closed("consumer")) }
        var batch = BatchCollector(limits)
        let (first, gaps, carried) = state.withLock { ($0.generation, $0.takeGaps(), $0.takeCarried()) }
        var generation = first
        for record in carried { batch.add(record, at: .now) }
        // Reported at once: a gap precedes whatever is read from here on.
        if !gaps.isEmpty { return .batch(RecordBatch(generation: generation, records: batch.records, gaps: gaps)) }

        while !batch.isFull {
            if isClosing.isRaised { return .failed(.closed("consumer")) }
            let patience = interrupt.isRaised ? nil : batch.patienceMilliseconds(at: .now)
            if patience == nil && !batch.records.isEmpty { break }
            let polled = client.consume(milliseconds: Int32(min(patience ?? 0, Self.sliceMilliseconds)))
            let current = state.withLock { $0.generation }
            if current != generation {
                // What was read so far belongs to an assignment that is gone.
                batch.discard()
                generation = current
            }
            let isOver = (patience ?? 0) == 0
            switch take(polled, of: client) {
            case .record(let record): batch.add(record, at: .now)
            case .nothing where isOver: return .batch(RecordBatch(generation: generation, records: batch.records))
            case .nothing: break
            case .failed(let error): return .failed(error)
            }
            if batch.records.isEmpty && state.withLock({ $0.mustSettle(at: .now) }) { return .mustSettle }
        }
        return .batch(RecordBatch(generation: generation, records: batch.records))
    }

    private enum Taken {
        case record(IncomingRecord)
        case nothing
        case failed(KafkaError)
    }

    /// Notes what a poll brought, and passes on a record that is ours to read.
    private func take(_ polled: RDKafkaClient.Polled, of client: RDKafkaClient) -> Taken {
        switch polled {
        case .nothing:
            // The message that told of a fatal error may have come during a hold.
            return client.fatalReason.map { .failed(.fatalConsumer($0)) } ?? .nothing
        case .record(let record):
            return state.withLock { $0.accept(record) } ? .record(record) : .nothing
        case .offsetRefused(let partition):
            state.withLock { $0.refuse(partition) }
        case .fatal(let reason):
            return .failed(.fatalConsumer(reason))
        case .notice(let error):
            logger.warning("kafka consumer error", metadata: ["error": "\(error)"])
        }
        return .nothing
    }

    /// Keeps polling with the partitions paused. A record that slips through is carried over to the next batch.
    func idle(until deadline: ContinuousClock.Instant, _ interrupt: Interrupt) {
        guard let client = client.withLock({ $0 }) else { return }
        let paused = state.withLock { $0.assigned }
        client.pause(paused)
        defer { client.resume(Array(Set(paused).union(state.withLock { $0.assigned }))) }
        while !interrupt.isRaised, !isClosing.isRaised {
            let left = Milliseconds.from(.now, to: deadline)
            guard left > 0 else { return }
            let polled = client.consume(milliseconds: Int32(min(left, Self.sliceMilliseconds)))
            switch take(polled, of: client) {
            case .record(let record): state.withLock { $0.carry(record) }
            case .failed: return
            case .nothing: continue
            }
        }
    }

    /// Starts reading where the owner said, unless the assignment has changed since it was asked.
    func assign(_ answer: [TopicPartition: StartPosition], _ generation: Int) {
        guard let client = client.withLock({ $0 }),
            let offsets = state.withLock({ $0.offsets(for: answer, generation: generation) })
        else { return }
        if let error = client.assign(offsets) { return assignFailed(error) }
        state.withLock { $0.started(at: offsets, generation: generation) }
    }

    /// Moves refused partitions to where their logs begin.
    func assignRepaired(_ watermarks: [TopicPartition: (low: Int64, high: Int64)], _ generation: Int) {
        guard let client = client.withLock({ $0 }),
            let repair = state.withLock({ $0.generation == generation ? $0.repair(watermarks) : nil })
        else { return }
        if let error = client.assign(repair.offsets) { return assignFailed(error) }
        for gap in repair.gaps {
            logger.error(
                "kafka records lost before they were read",
                metadata: [
                    "kafka.topic": .string(gap.topic), "kafka.partition": "\(gap.partition)", "kafka.expected": "\(gap.expected)",
                    "kafka.resumed": "\(gap.resumedAt)", "kafka.reason": .string(gap.reason.rawValue),
                ])
        }
        state.withLock { $0.repaired(repair, generation: generation) }
    }

    private func assignFailed(_ error: KafkaError) {
        logger.warning("kafka partitions not assigned, will try again", metadata: ["error": "\(error)"])
        state.withLock { $0.settlingFailed(at: .now) }
    }

    /// Leaves the group and drops the instance.
    func shutDown() {
        guard let client = client.withLock({ $0 }) else { return }
        // The group waits for an answer to its assignment before it lets anybody leave.
        if state.withLock({ $0.awaiting != nil }) { client.unassign() }
        client.closeConsumer()
        self.client.withLock { $0 = nil }
    }
}

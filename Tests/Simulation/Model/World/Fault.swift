/// The faults that are injected; the names stand in reports.
package enum Fault: String, Sendable, Hashable, CaseIterable {
    /// A process dies after an effect, its memory is gone.
    case crash
    /// A process stops for a while and goes on with what it believed.
    case pause
    /// The clock of one process jumps, and jumps back later.
    case clockJump = "clock jump"
    /// Everything stops for minutes, as when the machine is suspended, and wakes up with all timers due.
    case suspension
    /// Partitions get other owners although nobody died.
    case rebalance
    case brokerAway = "broker away"
    case storeAway = "store away"
    /// Records are stored, the acknowledgement is lost.
    case acknowledgementLost = "ack lost"
    /// Records are stored twice.
    case duplicateRecord = "duplicate record"
    /// The producer gave up, and the records arrive all the same, later.
    case lateRecord = "late record"
    /// A statement fails with its connection.
    case statementFailed = "statement failed"
    /// COMMIT fails for certain.
    case commitFailed = "commit failed"
    /// COMMIT happened, the answer is lost.
    case commitUnknownDone = "commit unknown, done"
    /// COMMIT did not happen, the answer is lost.
    case commitUnknownLost = "commit unknown, lost"
    /// Keys move to other partitions, as when an operator adds some: what was in order in one is in two now.
    case repartition
    /// The head of the log is trimmed up to what every group has handled.
    case trim
    /// A record that cannot be read.
    case poison
    /// A request arrives a second time, later.
    case duplicateRequest = "duplicate request"
    /// The gateway's answer is lost.
    case answerLost = "answer lost"
    case providerRefused = "provider refused"
    case providerUnreachable = "provider unreachable"
    /// The provider took the message, the answer is lost.
    case providerAnswerLost = "provider answer lost"
    /// The provider took the message and answers when nobody waits any more.
    case providerSlow = "provider slow"
}

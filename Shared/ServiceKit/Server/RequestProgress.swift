import NIOCore

/// What is under way on one connection, and until when that may last. Pure.
///
/// A request is under way from the first byte of its head until its body has been read to the end and its answer written. Whatever that
/// hangs on, a client that trickles or one that does not read, ends with the connection.
struct RequestProgress: Sendable, Hashable {
    private let limit: TimeAmount
    /// Requests whose head, whose end and whose answer's end have passed, since the connection began.
    private var heads = 0
    private var ends = 0
    private var answers = 0
    /// When the request under way must be over; nil: none is.
    private(set) var deadline: NIODeadline?

    init(limit: TimeAmount) { self.limit = limit }

    /// Whether a request was read to its end and is not yet answered: the server is at work.
    var isWorking: Bool { ends > answers }

    /// Whether a request's body is being read.
    var isReading: Bool { heads > ends }

    /// Whether a request's head has been read, and its end or its answer is missing.
    var isOpen: Bool { heads > min(ends, answers) }

    /// Bytes came that make no part of a request yet.
    mutating func partOfHead(_ now: NIODeadline) {
        if deadline == nil { deadline = now + limit }
    }

    mutating func head(_ now: NIODeadline) {
        heads += 1
        if deadline == nil { deadline = now + limit }
    }

    mutating func end(_ now: NIODeadline) {
        ends += 1
        if answers >= ends { settle(now) }
    }

    mutating func answered(_ now: NIODeadline) {
        answers += 1
        if ends >= answers { settle(now) }
    }

    /// Whether the request whose body is being read has its answer already.
    var isAnsweredEarly: Bool { heads > ends && answers >= heads }

    /// A request is over; those that were sent behind it begin their time now.
    private mutating func settle(_ now: NIODeadline) { deadline = isOpen ? now + limit : nil }
}

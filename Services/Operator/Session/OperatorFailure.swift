import Delivery
import Kafka
import Outbound
import Postgres
import Store

/// Why a command did not do what was asked, with the exit code that says what kind of reason it is.
struct OperatorFailure: Error, Sendable, CustomStringConvertible {
    /// Documented in docs/cli.md; scripts depend on them.
    enum Code {
        static let done: Int32 = 0
        static let failed: Int32 = 1
        static let refused: Int32 = 2
        /// `verify` only: nothing is lost, but some messages may have been sent twice.
        static let inDoubt: Int32 = 3
        static let usage: Int32 = 64
        static let unavailable: Int32 = 69
        static let configuration: Int32 = 78
    }

    let code: Int32
    let description: String

    private init(_ code: Int32, _ description: String) {
        self.code = code
        self.description = description
    }

    static func failed(_ reason: String) -> OperatorFailure { OperatorFailure(Code.failed, reason) }
    static func inDoubt(_ what: String) -> OperatorFailure { OperatorFailure(Code.inDoubt, what) }
    static func notFound(_ what: String) -> OperatorFailure { OperatorFailure(Code.refused, what) }
    static func refused(_ reason: String) -> OperatorFailure { OperatorFailure(Code.refused, reason) }
    static func usage(_ reason: String) -> OperatorFailure { OperatorFailure(Code.usage, reason) }
    static func unavailable(_ reason: String) -> OperatorFailure { OperatorFailure(Code.unavailable, reason) }
    static func configuration(_ reason: String) -> OperatorFailure { OperatorFailure(Code.configuration, reason) }

    /// The failure that an error of the modules below means; nil for a stranger, such as ArgumentParser's own.
    init?(recognising error: any Error) {
        switch error {
        case let failure as OperatorFailure: self = failure
        case let error as PostgresError: self = OperatorFailure(error)
        case let error as PostgresTransactionError:
            guard let cause = OperatorFailure(recognising: error.cause) else { return nil }
            self = cause
        case let error as KafkaError: self = OperatorFailure(error)
        case let error as OutboundError: self = .unavailable("\(error)")
        case let error as StoreError: self = .failed("\(error)")
        case let error as ChannelConfigError: self = .usage("the channel's settings: \(error)")
        case is CancellationError: self = .failed("interrupted")
        default: return nil
        }
    }

    private static let undefinedTable = "42P01"
    private static let undefinedColumn = "42703"

    private init(_ error: PostgresError) {
        switch error.code {
        case .configuration: self = .configuration("DATABASE_URL: \(error.message)")
        case .connectionFailed, .connectionLost, .poolTimeout, .commitUnknown:
            // libpq breaks its lines for a terminal.
            let words = error.message.split(whereSeparator: \.isWhitespace)
            self = .unavailable("PostgreSQL: \(words.joined(separator: " "))")
        default:
            if error.sqlState == Self.undefinedTable || error.sqlState == Self.undefinedColumn {
                self = .unavailable("the database does not have this release's schema: run: tocsin migrate up")
            } else {
                self = .failed("PostgreSQL: \(error.message)")
            }
        }
    }

    private init(_ error: KafkaError) {
        switch error.code {
        case .configuration: self = .configuration("Kafka settings: \(error.reason)")
        case .brokerUnreachable, .timedOut: self = .unavailable("Kafka: \(error.reason)")
        default: self = .failed("Kafka: \(error.reason)")
        }
    }
}

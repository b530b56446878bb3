import Kafka
import Postgres

/// The checks that every service has.
enum HealthChecks {
    private static let brokerTimeoutMilliseconds = 1000

    static func register(_ runtime: Runtime) {
        let pool = runtime.pool
        let producer = runtime.producer
        runtime.health.register("postgres") {
            do {
                _ = try await pool.query(
                    """
                    -- health.ping
                    SELECT 1
                    """)
                return .ok
            } catch let error as PostgresError {
                // The code only: messages of a server may name hosts and users.
                return .failed(error.code.description)
            } catch {
                return .failed("unreachable")
            }
        }
        runtime.health.register("kafka") {
            await producer.isReachable(timeoutMilliseconds: brokerTimeoutMilliseconds) ? .ok : .failed("no broker answers")
        }
    }
}

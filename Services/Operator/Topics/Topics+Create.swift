import ArgumentParser
import Kafka
import Models
import ServiceKit

extension Topics {
    struct Create: OperatorCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates the topics that are missing; those that exist stay as they are.")

        @Option(help: "Copies that the cluster keeps of each record: 3, where there are as many brokers. Default: the cluster's own.")
        var replication: Int?

        func validate() throws {
            guard replication.map({ (1...32).contains($0) }) ?? true else { throw ValidationError("--replication must be from 1 to 32") }
        }

        func run(in session: Session) async throws {
            let common = try session.settings(.brokers)
            let admin = TopicAdmin(
                brokers: common.kafkaBrokers, clientID: "tocsin", extra: common.kafkaProperties, logger: session.logger)
            let wanted = Topic.all.map { topic in
                NewTopic(
                    name: topic.name, partitions: topic.partitions, replication: replication,
                    settings: ["retention.ms": String(topic.retentionHours * 3_600_000)])
            }
            let outcomes = try await admin.create(wanted, timeoutMilliseconds: 30_000)
            for outcome in outcomes { session.output.write(outcome.line) }
            let failed = outcomes.filter(\.isFailure)
            guard failed.isEmpty else { throw OperatorFailure.failed("\(failed.count) of \(outcomes.count) topics could not be created") }
        }
    }
}

extension TopicCreation {
    fileprivate var line: String {
        switch result {
        case .created: "created  \(name)"
        case .existed(let partitions): "exists   \(name) (\(partitions) partitions)"
        case .failed(let reason): "failed   \(name): \(Printable.line(reason))"
        }
    }

    fileprivate var isFailure: Bool {
        if case .failed = result { return true }
        return false
    }
}

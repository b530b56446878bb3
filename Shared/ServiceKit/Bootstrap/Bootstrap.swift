import Glibc
import Kafka
package import Logging
package import Models
import Postgres
package import ServiceLifecycle
import Synchronization
import UnixSignals

/// From `main` to a running service and back to an exit code.
package enum Bootstrap {
    private static let loggingIsBootstrapped = Mutex(false)
    private static let warmUpMilliseconds = 3000

    /// Builds what the service consists of; the rest (admin server, outbox relay, signals, shutdown) is the same for all.
    package typealias Build<C: ServiceConfig> = @Sendable (Runtime, C) async throws -> [any Service]

    /// The entry of every executable. Reads the settings (all faults at once on stderr, exit 78), refuses an old schema (exit 69), runs
    /// until SIGTERM or SIGINT, finishes the work in hand.
    ///
    /// `--print-settings` prints a Markdown table of the settings and `--version` the version; both exit 0.
    /// - Returns: the exit code.
    package static func run<C: ServiceConfig>(
        _ identity: ServiceIdentity, _ config: C.Type, arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        settings: SettingsReader = SettingsReader(), build: Build<C>
    ) async -> Int32 {
        if let code = answer(arguments, identity, config) { return code }
        do {
            let (common, own) = try read(settings, identity, config)
            let logger = bootstrapLogging(identity, common)
            PrometheusRegistry.bootstrap()
            // A peer that hangs up must not end the process.
            signal(SIGPIPE, SIG_IGN)
            OpenFiles.raiseLimit()
            CrashPoint.arm(common.crashPoint)
            return await run(identity, common, own, logger, build)
        } catch {
            StandardError.write("\(identity.name): \(error)\n")
            return (error as? StartRefused)?.exitCode ?? ExitCode.software
        }
    }

    /// Pool, producer, health checks and outbox, not yet connected to anything.
    package static func makeRuntime(
        _ identity: ServiceIdentity, _ common: CommonConfig, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp = { SystemClock.now() }
    ) throws -> Runtime {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                url: common.databaseURL, applicationName: "\(identity.name)/\(common.instanceID)",
                maxConnections: common.databaseMaxConnections, statementTimeoutMilliseconds: common.databaseStatementTimeoutMilliseconds,
                preparedStatements: common.databasePreparedStatements),
            logger: logger)
        let producer = try Producer(
            ProducerConfiguration(
                brokers: common.kafkaBrokers, clientID: identity.name, lingerMilliseconds: identity.lingerMilliseconds,
                extra: common.kafkaProperties), logger: logger)
        let runtime = Runtime(identity: identity, common: common, logger: logger, pool: pool, producer: producer, clock: clock)
        HealthChecks.register(runtime)
        return runtime
    }

    /// What runs beside the service's own parts, those first: the group stops in the opposite order.
    package static func services(_ runtime: Runtime, own: [any Service]) -> [any Service] {
        var services: [any Service] = [AdminServer(runtime: runtime), HealthMonitor(registry: runtime.health)]
        if runtime.identity.writesOutbox { services.append(OutboxRelay(runtime: runtime)) }
        return services + own
    }

    private static func run<C: ServiceConfig>(
        _ identity: ServiceIdentity, _ common: CommonConfig, _ own: C, _ logger: Logger, _ build: Build<C>
    ) async -> Int32 {
        let runtime: Runtime
        do { runtime = try makeRuntime(identity, common, logger: logger) } catch {
            logger.critical("service does not start", metadata: ["error": "\(error)"])
            return ExitCode.configuration
        }
        let code = await run(runtime, own, build)
        await runtime.close()
        logger.info("service stopped", metadata: ["exit.code": "\(code)"])
        return code
    }

    private static func run<C: ServiceConfig>(_ runtime: Runtime, _ own: C, _ build: Build<C>) async -> Int32 {
        let logger = runtime.logger
        do {
            try await SchemaCheck.run(
                runtime.pool, required: runtime.identity.requiredSchemaVersion, timeoutSeconds: runtime.common.startTimeoutSeconds,
                logger: logger)
            await warmUp(runtime)
            let services = services(runtime, own: try await build(runtime, own))
            logger.info("service started", metadata: ["service.version": "\(Self.version)", "admin.port": "\(runtime.common.adminPort)"])
            try await group(services, runtime).run()
            return ExitCode.success
        } catch let refused as StartRefused {
            logger.critical("service does not start", metadata: ["error": "\(refused)"])
            return refused.exitCode
        } catch {
            logger.critical("service failed", metadata: ["error": "\(error)"])
            return ExitCode.software
        }
    }

    /// librdkafka sends the first record to a topic up to a second late (its issue 5032): let it learn of the topics before.
    private static func warmUp(_ runtime: Runtime) async {
        do {
            try await runtime.producer.warmUp(topics: Topic.all.map(\.name), timeoutMilliseconds: warmUpMilliseconds)
        } catch {
            runtime.logger.debug("topics not known yet", metadata: ["error": "\(error)"])
        }
    }

    private static var version: String { ServiceKit.Build.version }

    private static func group(_ services: [any Service], _ runtime: Runtime) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: runtime.quietLogger)
        configuration.maximumGracefulShutdownDuration = .seconds(runtime.common.shutdownTimeoutSeconds)
        configuration.maximumCancellationDuration = .seconds(runtime.common.shutdownTimeoutSeconds)
        return ServiceGroup(configuration: configuration)
    }

    /// Handles the arguments that ask a question.
    private static func answer<C: ServiceConfig>(_ arguments: [String], _ identity: ServiceIdentity, _ config: C.Type) -> Int32? {
        switch arguments.first {
        case nil: return nil
        case "--version": print("\(identity.name) \(version)")
        case "--print-settings": print(settingsTable(declarations(identity, config)), terminator: "")
        default:
            StandardError.write("usage: \(identity.name) [--version | --print-settings]; settings are environment variables\n")
            return ExitCode.usage
        }
        return ExitCode.success
    }

    package static func declarations<C: ServiceConfig>(_ identity: ServiceIdentity, _ config: C.Type) -> [SettingDeclaration] {
        var settings = SettingsReader(environment: [:])
        _ = CommonConfig(from: &settings, adminPort: identity.defaultAdminPort)
        _ = C(from: &settings)
        return settings.declared
    }

    private static func read<C: ServiceConfig>(
        _ settings: SettingsReader, _ identity: ServiceIdentity, _ config: C.Type
    ) throws -> (CommonConfig, C) {
        var settings = settings
        let common = CommonConfig(from: &settings, adminPort: identity.defaultAdminPort)
        let own = C(from: &settings)
        guard settings.faults.isEmpty else { throw StartRefused.settings(settings.faults) }
        return (common, own)
    }

    private static func bootstrapLogging(_ identity: ServiceIdentity, _ common: CommonConfig) -> Logger {
        let factory: @Sendable (String) -> any LogHandler = { _ in
            JSONLogHandler(service: identity.name, instance: common.instanceID, level: common.logLevel) { StandardError.write($0) }
        }
        // For libraries that make their own loggers. Once per process: tests run several services in one.
        let isFirst = loggingIsBootstrapped.withLock { done in
            defer { done = true }
            return !done
        }
        if isFirst { LoggingSystem.bootstrap(factory) }
        return Logger(label: identity.name, factory: factory)
    }
}

/// Why a service does not start, with the exit code of sysexits.h that tells a supervisor what to make of it.
package struct StartRefused: Error, Sendable, CustomStringConvertible {
    package let exitCode: Int32
    package let description: String

    package init(exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    static func settings(_ faults: [SettingFault]) -> StartRefused {
        StartRefused(exitCode: ExitCode.configuration, faults.map { "setting \($0)" }.joined(separator: "\n"))
    }

    static func oldSchema(found: Int, required: Int) -> StartRefused {
        StartRefused(
            exitCode: ExitCode.unavailable,
            "the database schema is at version \(found), this release needs \(required): run: tocsin migrate up")
    }

    static func databaseAway(seconds: Int) -> StartRefused {
        StartRefused(exitCode: ExitCode.unavailable, "PostgreSQL did not answer within \(seconds) s")
    }
}

/// Exit codes, as sysexits.h has them.
package enum ExitCode {
    package static let success: Int32 = 0
    package static let usage: Int32 = 64
    package static let unavailable: Int32 = 69
    package static let software: Int32 = 70
    package static let configuration: Int32 = 78
}

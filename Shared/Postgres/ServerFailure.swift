/// The fields of a server's error that we keep. Detail, hint and context quote rows and statements; they are never read.
struct ServerFailure: Sendable, Equatable {
    /// Shorter parameters stay in a message: replacing `1` or `on` would garble it and hide nothing.
    static let shortestHiddenParameter = 3

    var sqlState: String
    /// Not localised: ERROR, FATAL or PANIC.
    var severity: String
    var primary: String
    var constraint: String?

    /// FATAL and PANIC end the session.
    var endsConnection: Bool { severity == "FATAL" || severity == "PANIC" }

    /// The primary message without values.
    ///
    /// Messages of class 22 (data exception) quote the offending value after a colon or in quotes (`invalid input syntax for type
    /// uuid: "…"`), so they end there. From all others whatever was bound is cut out.
    func message(without parameters: [PostgresValue]) -> String {
        if sqlState.hasPrefix("22") {
            let end = primary.firstIndex { $0 == ":" || $0 == "\"" || $0 == "«" || $0 == "„" } ?? primary.endIndex
            return String(primary[..<end]) + "…"
        }
        return parameters.reduce(primary) { message, parameter in
            guard case .text(let text) = parameter, text.utf8.count >= Self.shortestHiddenParameter else { return message }
            return message.replacing(text, with: "…")
        }
    }
}

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
        return parameters.flatMap(hidden).reduce(primary) { message, text in
            text.utf8.count >= Self.shortestHiddenParameter ? message.replacing(text, with: "…") : message
        }
    }

    /// What of a parameter could be in the message. Class 23 (a violated constraint) names the constraint, never an element of an array,
    /// and there may be thousands of those.
    private func hidden(_ parameter: PostgresValue) -> [String] {
        switch parameter {
        case .null: []
        case .text(let text): [text]
        case .array(let array): sqlState.hasPrefix("23") ? [] : array.texts.compactMap(\.self)
        }
    }
}

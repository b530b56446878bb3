import Testing

@testable import Postgres

@Suite struct PostgresErrorTests {
    private func failure(_ sqlState: String, _ primary: String = "message", severity: String = "ERROR") -> ServerFailure {
        ServerFailure(sqlState: sqlState, severity: severity, primary: primary)
    }

    @Test(arguments: [
        ("40001", true), ("40P01", true), ("23505", true), ("55P03", true), ("57014", true), ("53300", true), ("23503", false),
        ("42P01", false), ("22P02", false), ("40003", false),
    ])
    func `What may be tried again`(sqlState: String, isRetriable: Bool) {
        let error = PostgresError.server(failure(sqlState), statementName: nil, parameters: [])
        #expect(error.isRetriable == isRetriable)
        #expect(!error.isConnectionFault)
        #expect(error.isTransactionConflict == ["40001", "40P01"].contains(sqlState))
    }

    @Test func `A failure that ends the session is a lost connection`() {
        let error = PostgresError.server(failure("57P01", severity: "FATAL"), statementName: nil, parameters: [])
        #expect(error.code == .connectionLost)
        #expect(error.isConnectionFault)
    }

    @Test(arguments: [
        ("22P02", "invalid input syntax for type uuid: \"x\"", "invalid input syntax for type uuid…"),
        ("22003", "value \"99999999999\" is out of range for type integer", "value …"),
        ("22P02", "ungültige Eingabesyntax für Typ uuid: »x«", "ungültige Eingabesyntax für Typ uuid…"),
        ("42P01", "relation \"incident\" does not exist", "relation \"incident\" does not exist"),
        ("P0001", "no such person: bob@example.org", "no such person: …"),
    ])
    func `A message keeps what it says and loses values`(sqlState: String, primary: String, message: String) {
        #expect(failure(sqlState, primary).message(without: [.text("bob@example.org"), .null, .text("a")]) == message)
    }
}

import AlertSources
import Testing

@Suite struct RegistryTests {
    @Test func everySourceIsFoundAtItsPath() throws {
        let registry = try SourceRegistry()
        for source in SourceRegistry.all { #expect(registry.source(at: source.path)?.id == source.id) }
        #expect(registry.source(at: "/api/webhooks") == nil)
    }

    @Test func anIDThatIsThereTwiceStopsTheStart() {
        let conflict = #expect(throws: SourceConflict.self) {
            try SourceRegistry([Generic.self, Alertmanager.self, Generic.self])
        }
        #expect(conflict?.description == "two alert sources have the id generic")
    }

    @Test(arguments: [
        ("application/json", "application/json", true, true), ("Application/JSON; Charset=\"UTF-8\"", "application/json", true, true),
        ("application/json;charset=iso-8859-1", "application/json", true, false),
        ("application/problem+json", "application/problem+json", true, true),
        ("text/plain", "text/plain", false, true),
    ]) func mediaTypesAreRead(_ text: String, _ essence: String, _ isJSON: Bool, _ isUTF8: Bool) throws {
        let type = try #require(MediaType(text))
        #expect(type.essence == essence && type.isJSON == isJSON && type.isUTF8 == isUTF8)
    }

    @Test(arguments: ["", "json", "a/b/c", "/json", "application/", "appl ication/json", "application/\u{e9}"])
    func nonsenseIsNoMediaType(_ text: String) { #expect(MediaType(text) == nil) }
}

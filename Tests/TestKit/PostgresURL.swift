/// The one change to a libpq URI that tests need.
enum PostgresURL {
    /// `postgresql://u:p@h:1/old?x=y` becomes `postgresql://u:p@h:1/name?x=y`.
    static func replacingDatabase(of url: String, with name: String) -> String {
        let query = url.firstIndex(of: "?") ?? url.endIndex
        let base = url[..<query]
        guard let scheme = base.firstRange(of: "://") else { return url }
        let authority = base[scheme.upperBound...].prefix { $0 != "/" }
        return base[..<authority.endIndex] + "/" + name + url[query...]
    }
}

import HTTPTypes

/// Refuses forms that another site sends in a signed-in person's name. Two locks beside SameSite: where the browser says the form comes
/// from, and a token that only our pages hold.
struct CrossSiteGuard: Sendable {
    /// The name of the forms' hidden field.
    static let field = "form_token"

    /// The one origin that is ours; nil: the host that the request names.
    let publicURL: String?

    /// - Throws: 415 for what is no form, 403 for a foreign one.
    func check(_ call: Call, session: SessionToken?) throws(ConsoleRefusal) {
        try checkOrigin(call)
        guard let session, let sent = try Self.form(call)[Self.field], Self.isEqual(sent, session.formToken) else { throw .crossSite }
    }

    /// For the sign-in form, which no session protects yet.
    func checkOrigin(_ call: Call) throws(ConsoleRefusal) {
        if let site = HTTPField.Name("Sec-Fetch-Site").flatMap({ call.headers[$0] }), site != "same-origin" { throw .crossSite }
        guard let origin = call.headers[.origin], isOurs(origin, host: call.host) else { throw .crossSite }
    }

    private func isOurs(_ origin: String, host: String?) -> Bool {
        if let publicURL { return origin.lowercased() == publicURL.lowercased() }
        guard let host else { return false }
        return ["http://\(host)", "https://\(host)"].contains { $0.lowercased() == origin.lowercased() }
    }

    static func form(_ call: Call) throws(ConsoleRefusal) -> FormText {
        let type = call.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type == "application/x-www-form-urlencoded" else { throw .mediaType("application/x-www-form-urlencoded") }
        guard let form = FormText(call.body) else { throw .body("The form is no UTF-8 text, or holds a NUL.") }
        return form
    }

    /// Takes the same time wherever the texts differ.
    static func isEqual(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

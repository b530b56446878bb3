import ServiceKit
import HTTPTypes
import Hummingbird
import Models
import Store
import Views

/// The door for browsers: an API key in, a session out.
enum SignIn {
    private static let maxTargetBytes = 600

    /// - Parameter target: path and query to come back to.
    static func address(returningTo target: String) -> String {
        let target = own(target)
        return target == "/" ? "/sign-in" : "/sign-in?next=\(Query.escaped(target))"
    }

    static func form(_ console: Console, _ call: Call) -> Response {
        Answers.page(.ok, console.views.signIn(SignInPage(next: own(call.query["next"]), hours: console.config.sessionHours)))
    }

    static func begin(_ console: Console, _ call: Call) async throws -> Response {
        try console.guardian.checkOrigin(call)
        let form = try CrossSiteGuard.form(call)
        guard let directory = console.keys.current else { throw ConsoleRefusal.notReady }
        let now = console.now
        let text = form["key"].map { String($0.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }) } ?? ""
        guard let key = directory.key(for: AccessToken(text), kind: .api, now: now) else {
            try console.limits.countStranger(call.address, now: now)
            let page = SignInPage(
                next: own(form["next"]), problem: "This is no valid API key: unknown, expired or revoked.",
                hours: console.config.sessionHours)
            return Answers.page(.forbidden, console.views.signIn(page))
        }
        let session = SessionToken.random()
        let expiresAt = now.adding(seconds: console.config.sessionHours * 3600)
        try await SessionStore.begin(session, key: key, now: now, expiresAt: expiresAt, in: console.runtime.pool)
        var response = Answers.seeOther(own(form["next"]))
        response.headers[.setCookie] = console.cookie.set(session, hours: console.config.sessionHours)
        return response
    }

    static func end(_ console: Console, _ call: Call, _ visitor: Visitor) async throws -> Response {
        if let session = visitor.session { try await SessionStore.end(session, in: console.runtime.pool) }
        var response = Answers.seeOther("/sign-in")
        response.headers[.setCookie] = console.cookie.cleared
        return response
    }

    /// Only paths of ours are gone back to: `//evil.example` and `/\evil.example` lead elsewhere.
    static func own(_ target: String?) -> String {
        guard let target, target.utf8.count <= maxTargetBytes, target.hasPrefix("/"), !target.hasPrefix("//"),
            target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }), !target.hasPrefix("/sign-")
        else { return "/" }
        return target
    }
}

extension Console {
    var cookie: SessionCookie { SessionCookie(isSecure: config.isSecure) }
}

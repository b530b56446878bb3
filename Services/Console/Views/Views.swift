import Models
import Mustache

/// Pages from values: pure, the same values always make the same HTML. Everything that comes from outside is escaped.
package struct Views: Sendable {
    private let library: MustacheLibrary

    /// - Throws: when a template is not well formed; that is found at the start, not by a visitor.
    package init() throws {
        MustacheContentTypes.register(EscapedHTML(), named: EscapedHTML.name)
        var library = MustacheLibrary()
        for template in Template.allCases {
            // A partial begins with the library's own escaping again, so each template names ours.
            try library.register("{{% CONTENT_TYPE: \(EscapedHTML.name)}}\n" + template.text, named: template.rawValue)
        }
        self.library = library
    }

    func page(_ frame: PageFrame, _ template: Template, _ slots: Slots) -> String {
        var all = frame.slots
        all["body"] = render(template, slots)
        return render(.layout, all)
    }

    private func render(_ template: Template, _ slots: Slots) -> String {
        // Every template is registered, so there is always a text.
        library.render(slots, withTemplate: template.rawValue) ?? ""
    }
}

/// What is around every page.
package struct PageFrame: Sendable {
    package enum Tab: String, Sendable, CaseIterable {
        case overview, incidents, alerts

        var address: String { self == .overview ? "/" : "/\(rawValue)" }
    }

    /// Who is signed in.
    package struct Guest: Sendable {
        package var teamName: String
        package var keyName: String
        /// What the session's forms carry.
        package var formToken: String

        package init(teamName: String, keyName: String, formToken: String) {
            self.teamName = teamName
            self.keyName = keyName
            self.formToken = formToken
        }
    }

    package var title: String
    package var tab: Tab?
    /// nil: nobody.
    package var guest: Guest?

    package init(title: String, tab: Tab? = nil, guest: Guest? = nil) {
        self.title = title
        self.tab = tab
        self.guest = guest
    }

    var slots: Slots {
        [
            "pageTitle": title, "stylesheet": Stylesheet.path, "signedIn": guest != nil, "teamName": guest?.teamName ?? "",
            "keyName": guest?.keyName ?? "", "formToken": guest?.formToken ?? "",
            "tabs": Tab.allCases.map { tab -> Slots in
                ["tabAddress": tab.address, "tabName": tab.rawValue.capitalisedFirst, "isActive": tab == self.tab]
            },
        ]
    }
}

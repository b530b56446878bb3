import Models

/// Says what is wrong, and what to do.
package struct MessagePage: Sendable {
    package var status: Int
    package var text: String
    package var requestID: String

    package init(status: Int, text: String, requestID: String) {
        self.status = status
        self.text = text
        self.requestID = requestID
    }

    private var heading: String {
        switch status {
        case 400: "That was not understood"
        case 403: "That is not allowed"
        case 404: "Nothing is here"
        case 405: "Not that way"
        case 409: "Somebody was faster"
        case 413: "That is too much"
        case 500: "Something broke on our side"
        case 503: "Not now"
        default: "That did not work"
        }
    }

    var slots: Slots { ["status": "\(status)", "heading": heading, "text": text, "requestID": requestID] }
}

/// The door.
package struct SignInPage: Sendable {
    /// Where to go after; a path of ours.
    package var next: String
    package var problem: String?
    package var hours: Int

    package init(next: String, problem: String? = nil, hours: Int) {
        self.next = next
        self.problem = problem
        self.hours = hours
    }

    var slots: Slots { ["next": next, "hasProblem": problem != nil, "problem": problem ?? "", "hours": "\(hours)"] }
}

extension Views {
    package func message(_ page: MessagePage) -> String { self.page(PageFrame(title: "\(page.status)"), .message, page.slots) }

    package func signIn(_ page: SignInPage) -> String { self.page(PageFrame(title: "Sign in"), .signIn, page.slots) }
}

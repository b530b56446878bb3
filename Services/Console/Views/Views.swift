package struct Views: Sendable {
    package init() throws {}
    package func message(_ page: MessagePage) -> String { page.text }
}
package struct MessagePage: Sendable {
    package var status: Int
    package var text: String
    package var requestID: String
    package init(status: Int, text: String, requestID: String) {
        self.status = status
        self.text = text
        self.requestID = requestID
    }
}

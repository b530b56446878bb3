/// One part of a document, free of any output format: publishers turn blocks into Markdown, HTML or what their system wants.
package enum Block: Sendable, Hashable {
    /// Level 1 is the document's title.
    case heading(level: Int, String)
    case paragraph(String)
    /// A name and a value each.
    case facts([Fact])
    /// Every row has as many cells as the header.
    case table(header: [String], rows: [[String]])
    /// A question for people to answer, with room for it.
    case prompt(String)

    package struct Fact: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// One function to count.
struct HotPath {
    let name: String
    /// What the counts are told for, in the singular: `alert`.
    let item: String
    /// How many of them a round handles.
    let items: Int
    /// - Returns: a number that depends on the work, at least `items`.
    let round: () throws -> Int

    init(_ name: String, _ items: Int, _ item: String, _ round: @escaping () throws -> Int) {
        self.name = name
        self.items = items
        self.item = item
        self.round = round
    }
}

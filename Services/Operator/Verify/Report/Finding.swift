/// One thing that is not simply as it should be.
struct Finding: Sendable, Hashable {
    let check: VerifyCheck
    let status: VerifyStatus
    /// Why, in one word of a closed set for each check (docs/cli.md).
    let reason: String
    /// What it is about; what kind of id, follows from check and reason.
    let id: String
    /// Short name of the team; nil where none is known.
    let team: String?
    /// For people. May quote what came from outside: not yet fit for a terminal.
    let detail: String
}

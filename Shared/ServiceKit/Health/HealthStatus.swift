/// The answer of one dependency check.
package struct HealthStatus: Sendable, Hashable {
    package let isOK: Bool
    /// For people; empty when all is well. No secrets, no addresses.
    package let detail: String

    package static let ok = HealthStatus(isOK: true, detail: "")

    package static func ok(_ detail: String) -> HealthStatus { HealthStatus(isOK: true, detail: detail) }

    package static func failed(_ detail: String) -> HealthStatus { HealthStatus(isOK: false, detail: detail) }

    private init(isOK: Bool, detail: String) {
        self.isOK = isOK
        self.detail = detail
    }
}

/// Which parties outside may be talked to. The address is judged after name resolution and before the connection, so that a
/// name that changes its address between two look-ups gains nothing (OWASP API7:2023).
package struct AddressPolicy: Sendable, Hashable {
    /// Loopback, private and other non-public addresses are fine. Link-local (cloud metadata) and multicast never are.
    package var allowPrivateAddresses: Bool
    /// http besides https, and mail credentials without TLS.
    package var allowPlainText: Bool
    /// The ports that HTTP may use; nil means any.
    package var allowedPorts: Set<Int>?
    /// Host names (lower case, no trailing dot) that are trusted like `allowPrivateAddresses`: a tenant's own services.
    package var allowedHosts: Set<String>

    /// `allowPrivateAddresses` also allows plain http and any port; without it only https on ports 443 and 8443.
    package init(allowPrivateAddresses: Bool = false, allowedHosts: Set<String> = []) {
        self.allowPrivateAddresses = allowPrivateAddresses
        self.allowPlainText = allowPrivateAddresses
        self.allowedPorts = allowPrivateAddresses ? nil : [443, 8443]
        self.allowedHosts = allowedHosts
    }

    /// The same rules with everything open to a host on the allow-list.
    func applied(to host: String) -> AddressPolicy {
        var name = host.lowercased()
        while name.hasSuffix(".") { name.removeLast() }
        return allowedHosts.contains(name) ? AddressPolicy(allowPrivateAddresses: true) : self
    }

    /// True when a connection to this resolved address may be opened.
    func permits(_ address: IPAddress) -> Bool {
        switch address.reach {
        case .open: true
        case .inside: allowPrivateAddresses
        case .never: false
        }
    }
}

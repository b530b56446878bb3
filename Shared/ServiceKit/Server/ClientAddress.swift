package import NIOCore

/// Who a connection comes from, as far as limits tell clients apart: an IPv4 address, or the first 64 bits of an IPv6 address, since
/// whoever has one address of such a network has them all (RFC 6177 section 2).
///
/// It is the peer of the connection: behind a proxy all clients are one. `X-Forwarded-For` is not read, as anybody can write it.
package struct ClientAddress: Sendable, Hashable {
    /// 4 bytes, or 8 of an IPv6 address, as a number.
    private let bits: UInt64
    private let isIPv6: Bool

    /// nil: no IP address, as with a Unix socket.
    package init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address):
            bits = withUnsafeBytes(of: address.address) { Self.number($0[Self.ipv4]) }
            isIPv6 = false
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address.address) { Array($0[Self.ipv6]) }
            // ::ffff:a.b.c.d is IPv4 that came through an IPv6 socket.
            isIPv6 = !(bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF)
            bits = Self.number(isIPv6 ? bytes[..<8] : bytes[12...])
        case .unixDomainSocket, nil: return nil
        }
    }

    /// Where the address stands in a `sockaddr_in` and a `sockaddr_in6`, in network byte order (ip(7), ipv6(7)).
    private static let ipv4 = 4..<8
    private static let ipv6 = 8..<24

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

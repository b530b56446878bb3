/// A resolved address, as the kernel would connect to it.
enum IPAddress: Sendable, Hashable {
    /// Four bytes, network order read as one number.
    case v4(UInt32)
    /// Sixteen bytes, network order read as two numbers.
    case v6(high: UInt64, low: UInt64)

    /// Where an address leads.
    enum Reach: Sendable, Hashable {
        /// The public Internet.
        case open
        /// This machine, this site or a range with a special meaning: only for those who ask for it.
        case inside
        /// Nothing of ours ever lives there: link-local (cloud metadata), multicast, unspecified, broadcast.
        case never
    }

    /// Where this address leads (IANA special-purpose registries, RFC 6890).
    var reach: Reach {
        switch self {
        case .v4(let bits): Self.reach(v4: bits)
        case .v6(let high, let low): Self.reach(high: high, low: low)
        }
    }

    private static func reach(v4 bits: UInt32) -> Reach {
        func within(_ ranges: [(UInt32, UInt32)]) -> Bool { ranges.contains { bits >> (32 - $0.1) == $0.0 >> (32 - $0.1) } }
        if within(neverV4) { return .never }
        return within(insideV4) ? .inside : .open
    }

    private static let neverV4: [(UInt32, UInt32)] = [
        (0x0000_0000, 8),  // 0.0.0.0/8: "this host", which Linux takes for loopback
        (0xA9FE_0000, 16),  // 169.254.0.0/16: link-local, cloud metadata
        (0xE000_0000, 4),  // 224.0.0.0/4: multicast
        (0xFFFF_FFFF, 32),  // broadcast
    ]

    private static let insideV4: [(UInt32, UInt32)] = [
        (0x0A00_0000, 8),  // 10.0.0.0/8
        (0x6440_0000, 10),  // 100.64.0.0/10: carrier-grade NAT
        (0x7F00_0000, 8),  // 127.0.0.0/8
        (0xAC10_0000, 12),  // 172.16.0.0/12
        (0xC000_0000, 24),  // 192.0.0.0/24: protocol assignments
        (0xC000_0200, 24),  // 192.0.2.0/24: documentation
        (0xC058_6300, 24),  // 192.88.99.0/24: 6to4 relays
        (0xC0A8_0000, 16),  // 192.168.0.0/16
        (0xC612_0000, 15),  // 198.18.0.0/15: benchmarks
        (0xC633_6400, 24),  // 198.51.100.0/24: documentation
        (0xCB00_7100, 24),  // 203.0.113.0/24: documentation
        (0xF000_0000, 4),  // 240.0.0.0/4: reserved
    ]

    /// Only 2000::/3 is global unicast; everything else, and the special ranges inside it, is not open.
    private static func reach(high: UInt64, low: UInt64) -> Reach {
        if high == 0, low == 0 { return .never }  // ::
        if high >> 56 == 0xFF { return .never }  // ff00::/8: multicast
        if high >> 54 == 0xFE80 >> 6 { return .never }  // fe80::/10: link-local
        if high == 0xFD00_0EC2_0000_0000, low == 0x254 { return .never }  // fd00:ec2::254: AWS metadata
        if let embedded = embeddedV4(high: high, low: low) {
            return reach(v4: embedded) == .never ? .never : .inside
        }
        guard high >> 61 == 0b001 else { return .inside }
        let special: [(UInt64, UInt64)] = [
            (0x2001_0000_0000_0000, 23),  // 2001::/23: protocol assignments, Teredo, ORCHID
            (0x2001_0DB8_0000_0000, 32),  // documentation
            (0x3FFF_0000_0000_0000, 20),  // documentation
        ]
        return special.contains { high >> (64 - $0.1) == $0.0 >> (64 - $0.1) } ? .inside : .open
    }

    /// The IPv4 address that a transition mechanism would reach through this IPv6 one.
    private static func embeddedV4(high: UInt64, low: UInt64) -> UInt32? {
        if high == 0, low > 1, low >> 32 == 0 { return UInt32(truncatingIfNeeded: low) }  // ::a.b.c.d
        if high == 0, low >> 32 == 0xFFFF { return UInt32(truncatingIfNeeded: low) }  // ::ffff:a.b.c.d
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return UInt32(truncatingIfNeeded: low) }  // 64:ff9b::/96 NAT64
        if high >> 48 == 0x2002 { return UInt32(truncatingIfNeeded: high >> 16) }  // 2002::/16 6to4
        return nil
    }
}

/// The partition of a key, as Kafka's Java clients and our producer choose it: murmur2 of the bytes
/// (https://github.com/apache/kafka, clients, `Utils.murmur2`), without its sign, modulo the number of partitions.
enum FactPartition {
    static func of(_ key: [UInt8], partitions: Int) -> Int32 {
        Int32((murmur2(key) & 0x7FFF_FFFF) % UInt32(max(1, partitions)))
    }

    static func murmur2(_ bytes: [UInt8]) -> UInt32 {
        let mix: UInt32 = 0x5BD1_E995
        var hash: UInt32 = 0x9747_B28C ^ UInt32(truncatingIfNeeded: bytes.count)
        let whole = bytes.count / 4 * 4
        for start in stride(from: 0, to: whole, by: 4) {
            var word = UInt32(bytes[start])
            word |= UInt32(bytes[start + 1]) << 8
            word |= UInt32(bytes[start + 2]) << 16
            word |= UInt32(bytes[start + 3]) << 24
            word = word &* mix
            word ^= word >> 24
            hash = (hash &* mix) ^ (word &* mix)
        }
        for (index, byte) in bytes[whole...].enumerated().reversed() { hash ^= UInt32(byte) << UInt32(8 * index) }
        if whole < bytes.count { hash = hash &* mix }
        hash ^= hash >> 13
        hash = hash &* mix
        return hash ^ (hash >> 15)
    }
}

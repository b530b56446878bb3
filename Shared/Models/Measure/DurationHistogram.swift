/// Counts of durations in log-linear buckets: adding and taking away are exact, merging is addition, and a percentile is right to 1/32
/// (3.2 %) of its value. That is what lets figures be kept incrementally and still equal a recomputation to the last digit.
///
/// Bucket of v milliseconds: v itself below 32; above, 32 buckets to each doubling (the scheme of HdrHistogram, hdrhistogram.org).
package struct DurationHistogram: Sendable, Hashable {
    /// Bucket index to count. Counts are never zero; a negative count means more was taken away than added.
    package private(set) var counts: [Int: Int64]

    package init(counts: [Int: Int64] = [:]) { self.counts = counts.filter { $0.value != 0 } }

    /// - Parameter milliseconds: below zero counts as zero.
    package static func bucket(of milliseconds: Int64) -> Int {
        let value = UInt64(max(0, milliseconds))
        guard value >= 32 else { return Int(value) }
        let doubling = 63 - value.leadingZeroBitCount
        return (doubling - 4) * 32 + Int(value >> UInt64(doubling - 5)) - 32
    }

    /// Middle of a bucket in milliseconds.
    package static func middle(of bucket: Int) -> Double {
        guard bucket >= 32 else { return Double(bucket) }
        let doubling = bucket / 32 + 4
        let width = Double(UInt64(1) << UInt64(doubling - 5))
        return (Double(bucket % 32) + 32) * width + (width - 1) / 2
    }

    package mutating func add(milliseconds: Int64, times: Int64 = 1) {
        let bucket = DurationHistogram.bucket(of: milliseconds)
        let count = counts[bucket, default: 0] + times
        counts[bucket] = count == 0 ? nil : count
    }

    package mutating func merge(_ other: DurationHistogram) {
        for (bucket, count) in other.counts {
            let sum = counts[bucket, default: 0] + count
            counts[bucket] = sum == 0 ? nil : sum
        }
    }

    package var total: Int64 { counts.values.reduce(0, +) }

    /// The duration that `share` (0...1) of all do not exceed, in milliseconds; nil without samples.
    package func percentile(_ share: Double) -> Double? {
        let total = total
        guard total > 0 else { return nil }
        let rank = max(1, Int64((share * Double(total)).rounded(.up)))
        var seen: Int64 = 0
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            seen += count
            if seen >= rank { return DurationHistogram.middle(of: bucket) }
        }
        return nil
    }
}

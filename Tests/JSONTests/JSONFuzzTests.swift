import JSON
import Testing

/// Linear congruential generator (Knuth's MMIX constants): a failure repeats with its seed.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) ^ (state << 31)
    }
}

@Suite struct JSONFuzzTests {
    /// Whatever is accepted must be readable whole and mean the same when written again.
    private func check(_ bytes: [UInt8], seed: UInt64) throws {
        // A refusal is an answer too.
        guard let root = try? JSONDocument.parse(bytes).root else { return }
        let raw = root.raw()
        #expect(try JSONDocument.parse(raw).root.raw() == raw, "seed \(seed): \(bytes)")
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `Random bytes are refused or read, never worse`(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<3000 {
            let count = Int.random(in: 0...80, using: &generator)
            try check((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }, seed: seed)
        }
    }

    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func `Random tokens are refused or read, never worse`(seed: UInt64) throws {
        let tokens = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "1", "-2.5e3", "true", "null", "\"\\u00e9\"", " ", "\"", "\\"]
        var generator = SeededGenerator(state: seed)
        for _ in 0..<5000 {
            let count = Int.random(in: 1...12, using: &generator)
            let text = (0..<count).map { _ in tokens.randomElement(using: &generator) ?? "" }.joined()
            try check(Array(text.utf8), seed: seed)
            let error = refusal(of: text)
            #expect(error?.reason != .syntax || error?.offset != nil, "seed \(seed): nothing is wrong with \(text)")
        }
    }

    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func `A document with a few bytes changed is refused or read, never worse`(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let original = Array(sample.utf8)
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            try check(bytes, seed: seed)
        }
    }
}

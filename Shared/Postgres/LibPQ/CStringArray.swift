/// Strings in one buffer, lent to C as an array of NUL-terminated strings that ends with a null pointer.
struct CStringArray {
    private var bytes: [CChar] = []
    /// Where each string starts; nil for a null pointer.
    private var starts: [Int?] = []

    init(_ strings: [String?]) {
        for string in strings {
            starts.append(string == nil ? nil : bytes.count)
            guard let string else { continue }
            bytes.append(contentsOf: string.utf8.lazy.map { CChar(bitPattern: $0) })
            bytes.append(0)
        }
    }

    var count: Int32 { Int32(clamping: starts.count) }

    func withPointers<R>(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R {
        bytes.withUnsafeBufferPointer { buffer in
            let pointers = starts.map { start in start.flatMap { buffer.baseAddress?.advanced(by: $0) } } + [nil]
            // Never empty: the closing null is always there.
            return pointers.withContiguousStorageIfAvailable { body($0.baseAddress.unsafelyUnwrapped) }.unsafelyUnwrapped
        }
    }
}

import Synchronization

/// A value behind a lock, shareable with the callbacks of the C library (a `Mutex` alone cannot be captured).
final class Guarded<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { mutex = Mutex(value) }

    func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        try mutex.withLock { (value: inout Value) throws(Failure) -> sending Result in
            try body(&value)
        }
    }
}

import CLibcurl

/// Owns one multi handle: the connections and the name cache that its transfers share. Used by one thread, but for `wakeUp`.
final class CurlMulti {
    private let multi: UnsafeMutableRawPointer

    /// - Parameter maxConnections: idle connections kept open for the next request; beyond, the one idle for longest is closed.
    init?(maxConnections: Int) {
        guard CurlHandle.isLibraryReady, let made = curl_multi_init() else { return nil }
        multi = made
        _ = tocsin_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maxConnections)
        // One request a connection at a time: what breaks is in doubt for one message only.
        _ = tocsin_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    /// All handles must have been removed.
    deinit { curl_multi_cleanup(multi) }

    /// Begins the handle's transfer at the next `perform`. The handle, and what its options borrow, must outlive `remove`.
    func add(_ handle: CurlHandle) -> Bool { curl_multi_add_handle(multi, handle.handle) == CURLM_OK }

    /// Ends the handle's transfer, if it has not ended.
    func remove(_ handle: CurlHandle) { curl_multi_remove_handle(multi, handle.handle) }

    /// Does what can be done without waiting.
    func perform() {
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
    }

    /// A transfer that has ended since the last call, by the pointer of its handle.
    func nextDone() -> (handle: UnsafeMutableRawPointer, result: CURLcode)? {
        var result = CURLE_OK
        return tocsin_curl_multi_next_done(multi, &result).map { ($0, result) }
    }

    /// Waits until a connection has something to do, a time-out of libcurl's is due, somebody calls `wakeUp`, or the time is over.
    func wait(milliseconds: Int) { curl_multi_poll(multi, nil, 0, Int32(clamping: milliseconds), nil) }

    /// Ends a `wait`, also the next one where none is under way. The only call that any thread may make.
    func wakeUp() { curl_multi_wakeup(multi) }
}

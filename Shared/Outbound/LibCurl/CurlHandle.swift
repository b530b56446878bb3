import CLibcurl

/// Owns one easy handle: its options, its open connections and name cache unless a `CurlMulti` has them. Used by one thread at a time,
/// the one that made it.
final class CurlHandle {
    let handle: UnsafeMutableRawPointer
    /// Once per process, before the first handle (curl_global_init is not thread-safe; a static initialiser is).
    static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init?() {
        guard Self.isLibraryReady, let made = curl_easy_init() else { return nil }
        handle = made
    }

    deinit { curl_easy_cleanup(handle) }

    /// Forgets all options; open connections stay.
    func reset() { curl_easy_reset(handle) }

    /// Runs the transfer on the calling thread until it ends, fails, or `transfer` aborts it.
    func perform(_ transfer: CurlTransfer) -> CURLcode {
        withExtendedLifetime(transfer) { curl_easy_perform(handle) }
    }

    func set(_ option: CURLoption, _ value: Int) -> CURLcode { tocsin_curl_set_long(handle, option, value) }
    func set(_ option: CURLoption, _ value: String) -> CURLcode { tocsin_curl_set_string(handle, option, value) }
    func set(_ option: CURLoption, bytes value: Int) -> CURLcode { tocsin_curl_set_offset(handle, option, curl_off_t(value)) }
    func set(_ option: CURLoption, _ list: CurlList) -> CURLcode { tocsin_curl_set_list(handle, option, list.head) }

    /// The callbacks of a transfer. libcurl borrows `transfer` until `perform` returns.
    func attach(_ transfer: CurlTransfer) -> [CURLcode] {
        let borrowed = Unmanaged.passUnretained(transfer).toOpaque()
        return [
            tocsin_curl_set_write(handle, CURLOPT_WRITEFUNCTION, receiveBody),
            tocsin_curl_set_pointer(handle, CURLOPT_WRITEDATA, borrowed),
            tocsin_curl_set_write(handle, CURLOPT_HEADERFUNCTION, receiveHeader),
            tocsin_curl_set_pointer(handle, CURLOPT_HEADERDATA, borrowed),
            tocsin_curl_set_read(handle, provideBody),
            tocsin_curl_set_pointer(handle, CURLOPT_READDATA, borrowed),
            tocsin_curl_set_seek(handle, refuseRewind),
            tocsin_curl_set_progress(handle, checkProgress),
            tocsin_curl_set_pointer(handle, CURLOPT_XFERINFODATA, borrowed),
            tocsin_curl_set_open_socket(handle, openCheckedSocket),
            tocsin_curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, borrowed),
        ]
    }

    /// The last status or reply code, 0 for none.
    var responseCode: Int {
        var value = 0
        return tocsin_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &value) == CURLE_OK ? value : 0
    }

    /// Bytes of requests handed to the connection so far; 0 means that the peer saw nothing of it.
    var requestBytes: Int {
        var value = 0
        return tocsin_curl_get_long(handle, CURLINFO_REQUEST_SIZE, &value) == CURLE_OK ? value : 0
    }

    /// Bytes of the body handed to the connection.
    var uploadedBytes: Int {
        var value: curl_off_t = 0
        return tocsin_curl_get_offset(handle, CURLINFO_SIZE_UPLOAD_T, &value) == CURLE_OK ? Int(value) : 0
    }
}

/// Owns a list of strings that libcurl borrows: it must outlive the transfer.
final class CurlList {
    private(set) var head: UnsafeMutablePointer<curl_slist>?

    init(_ items: [String]) throws(OutboundError) {
        for item in items {
            guard let grown = curl_slist_append(head, item) else {
                curl_slist_free_all(head)
                head = nil
                throw .noHandle
            }
            head = grown
        }
    }

    deinit { curl_slist_free_all(head) }
}

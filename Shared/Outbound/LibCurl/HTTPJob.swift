import CLibcurl

/// One HTTP request, from options to answer. Runs on the loop's thread.
struct HTTPJob: Sendable {
    let request: HTTPRequest
    let target: OutboundTarget
    let limits: AnswerLimits
    let userAgent: String
    let caFile: String?

    /// Sets the handle up; the transfer then begins when a `CurlMulti` takes it.
    func prepare(
        _ handle: CurlHandle, timeoutMilliseconds: Int, cancellation: CancellationFlag
    ) -> Result<HTTPTransfer, OutboundError> {
        let transfer = CurlTransfer(policy: target.policy, limits: limits, upload: request.body, cancellation: cancellation)
        let headers: CurlList
        do throws(OutboundError) { headers = try CurlList(headerLines) } catch { return .failure(error) }
        let prepared = HTTPTransfer(handle: handle, transfer: transfer, headers: headers)
        let options = commonOptions(on: handle, timeoutMilliseconds) + methodOptions(on: handle) + handle.attach(transfer)
        if let error = CurlFailure.firstFailed(options + [handle.set(CURLOPT_HTTPHEADER, headers)]) {
            handle.reset()
            return .failure(error)
        }
        return .success(prepared)
    }

    /// "Name: value" lines; "Name;" is libcurl's spelling for an empty value, "Name:" suppresses one it would add itself.
    private var headerLines: [String] {
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        let named = Set(request.headers.map { $0.name.lowercased() })
        for unwanted in ["Expect", "Content-Type", "Accept"] where !named.contains(unwanted.lowercased()) { lines.append("\(unwanted):") }
        return lines
    }

    private func commonOptions(on handle: CurlHandle, _ timeoutMilliseconds: Int) -> [CURLcode] {
        [
            handle.set(CURLOPT_URL, target.url),
            handle.set(CURLOPT_PROTOCOLS_STR, target.policy.allowPlainText ? "http,https" : "https"),
            handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            handle.set(CURLOPT_USERAGENT, userAgent),
            handle.set(CURLOPT_FOLLOWLOCATION, 0),
            // A peer that trickles its answer is given up before a long time-out; the silent one of the default is the time-out's.
            handle.set(CURLOPT_LOW_SPEED_LIMIT, 16),
            handle.set(CURLOPT_LOW_SPEED_TIME, max(10, timeoutMilliseconds / 2_000)),
            handle.set(CURLOPT_MAXAGE_CONN, 30),
        ]
            + (caFile.map { [handle.set(CURLOPT_CAINFO, $0)] } ?? [])
            + handle.guardOptions(timeoutMilliseconds: timeoutMilliseconds, connectTimeoutMilliseconds: request.connectTimeoutMilliseconds)
    }

    private func methodOptions(on handle: CurlHandle) -> [CURLcode] {
        if request.body.isEmpty, request.method == "GET" { return [handle.set(CURLOPT_HTTPGET, 1)] }
        if request.body.isEmpty, request.method == "HEAD" { return [handle.set(CURLOPT_NOBODY, 1)] }
        let sendBody = [
            handle.set(CURLOPT_POST, 1), handle.set(CURLOPT_POSTFIELDSIZE_LARGE, bytes: request.body.count),
            handle.set(CURLOPT_CUSTOMREQUEST, request.method),
        ]
        // Without a body there is nothing to rewind and libcurl would repeat the request by itself when a kept connection breaks.
        return request.body.isEmpty ? sendBody + [handle.set(CURLOPT_FRESH_CONNECT, 1)] : sendBody
    }
}

/// A request on its way: keeps alive what libcurl has borrowed.
final class HTTPTransfer {
    let handle: CurlHandle
    let transfer: CurlTransfer
    private let headers: CurlList

    init(handle: CurlHandle, transfer: CurlTransfer, headers: CurlList) {
        self.handle = handle
        self.transfer = transfer
        self.headers = headers
    }

    /// The answer, after the handle was taken out of its `CurlMulti`. The handle is free for the next request afterwards.
    func end(_ result: CURLcode) -> Result<HTTPResponse, OutboundError> {
        defer { handle.reset() }  // drops the borrowed pointers
        let status = handle.responseCode
        if result == CURLE_OK || (result == CURLE_WRITE_ERROR && transfer.isBodyCut && status > 0) {
            let headers = Self.headers(from: transfer.lines.map(\.text))
            return .success(HTTPResponse(status: status, headers: headers, body: transfer.body, isBodyCut: transfer.isBodyCut))
        }
        return .failure(
            OutboundError(
                CurlFailure.code(for: result, of: transfer), CurlFailure.sentence(for: result, of: transfer),
                mayHaveBeenSent: handle.requestBytes > 0, httpStatus: status > 0 ? status : nil))
    }

    /// The fields after the last status line: interim answers (1xx) come first. Trailers count as fields.
    static func headers(from lines: [String]) -> [Header] {
        let start = lines.lastIndex { $0.hasPrefix("HTTP/") } ?? lines.endIndex
        return lines[start...].dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return Header(String(line[..<colon]), String(value))
        }
    }
}

extension CurlHandle {
    /// What holds for every transfer, HTTP or mail.
    func guardOptions(timeoutMilliseconds: Int, connectTimeoutMilliseconds: Int) -> [CURLcode] {
        [
            set(CURLOPT_NOSIGNAL, 1),
            set(CURLOPT_NOPROGRESS, 0),
            set(CURLOPT_TIMEOUT_MS, timeoutMilliseconds),
            set(CURLOPT_CONNECTTIMEOUT_MS, min(timeoutMilliseconds, max(1, connectTimeoutMilliseconds))),
            // An empty proxy also shuts out the environment's; behind a proxy the peer's address would be unknown.
            set(CURLOPT_PROXY, ""),
            set(CURLOPT_NOPROXY, "*"),
            set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            // A resolver that hangs must not hold the thread after the time-out.
            set(CURLOPT_QUICK_EXIT, 1),
        ]
    }
}

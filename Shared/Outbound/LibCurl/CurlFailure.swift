import CLibcurl

/// libcurl's result codes (https://curl.se/libcurl/c/libcurl-errors.html) as ours.
enum CurlFailure {
    /// The kind of failure that a result code means for a transfer.
    static func code(for result: CURLcode, of transfer: CurlTransfer) -> OutboundError.Code {
        if transfer.isHeaderTooLarge { return .protocolViolation }
        return switch result {
        case CURLE_COULDNT_RESOLVE_HOST: .resolve
        case CURLE_COULDNT_CONNECT: transfer.refusedSockets > 0 && transfer.openedSockets == 0 ? .addressRefused : .connect
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_ABORTED_BY_CALLBACK: transfer.isCancelled ? .cancelled : .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            .tls
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND: .connectionReset
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_REMOTE_ACCESS_DENIED, CURLE_HTTP_RETURNED_ERROR:
            .protocolViolation
        // How libcurl calls a single header line beyond its own bound of 100 KB.
        case CURLE_OUT_OF_MEMORY where transfer.openedSockets > 0: .protocolViolation
        case CURLE_LOGIN_DENIED, CURLE_AUTH_ERROR: .authentication
        case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
        default: .library
        }
    }

    /// libcurl's fixed sentence for a code; unlike CURLOPT_ERRORBUFFER it never quotes the URL or the peer.
    static func sentence(for result: CURLcode, of transfer: CurlTransfer) -> String {
        if transfer.isHeaderTooLarge { return "the headers of the answer exceed the limit" }
        return switch code(for: result, of: transfer) {
        case .addressRefused: "the name resolves to an address that is not allowed"
        case .cancelled: "cancelled while under way"
        case .timeout: "no complete answer in time"
        default: curl_easy_strerror(result).map { String(cString: $0) } ?? "unknown error \(result.rawValue)"
        }
    }

    /// Options either all take or the transfer must not start: a missing one could be the one that protects us.
    static func firstFailed(_ results: [CURLcode]) -> OutboundError? {
        results.first { $0 != CURLE_OK }.map { failed in
            OutboundError(.library, "libcurl refused an option: \(curl_easy_strerror(failed).map { String(cString: $0) } ?? "")")
        }
    }
}

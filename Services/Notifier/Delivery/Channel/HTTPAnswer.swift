import Models

/// Reading of HTTP answers that all channels share.
enum HTTPAnswer {
    /// Providers ask for minutes; a wish beyond a day is cut, so that nobody can park a channel for ever.
    static let maxRetryAfterSeconds = 86_400

    /// Retry-After in whole seconds (RFC 9110 section 10.2.3). The form with a date is answered by our own delays.
    static func retryAfter(_ headers: [HTTPMessage.Header]) -> Int? {
        guard let value = headers.first(where: { $0.name.lowercased() == "retry-after" })?.value.trimmingBlanks() else { return nil }
        return seconds(Int(value))
    }

    static func seconds(_ value: Int?) -> Int? {
        guard let value, value >= 0 else { return nil }
        return min(value, maxRetryAfterSeconds)
    }

    /// What a status means where the provider says nothing better; nil for 2xx.
    static func refusal(status: Int, headers: [HTTPMessage.Header], word: String? = nil) -> Outcome? {
        func refused(_ reason: FailureReason) -> Refusal { Refusal(reason, status: status, word: word) }
        switch status {
        case 200...299: return nil
        case 300...399: return .permanent(refused(.redirected))
        case 401, 403, 407: return .permanent(refused(.authentication))
        case 404: return .permanent(refused(.targetNotFound))
        case 410: return .permanent(refused(.gone))
        case 413: return .permanent(refused(.tooLarge))
        case 408, 425: return .retry(afterSeconds: retryAfter(headers), refused(.timeout))
        case 429: return .retry(afterSeconds: retryAfter(headers), refused(.rateLimited))
        case 400...499: return .permanent(refused(.rejected))
        case 500...599: return .retry(afterSeconds: retryAfter(headers), refused(.serverError))
        default: return .retry(afterSeconds: nil, refused(.malformedAnswer))
        }
    }
}

/// The error words of Slack that we know, and what they mean. The vendor's lists are not closed: a new word is unknown, not an accident.
/// https://docs.slack.dev/reference/methods/chat.postMessage#errors, .../chat.update#errors,
/// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
enum SlackErrors {
    static let reasons: [String: FailureReason] = [
        "ratelimited": .rateLimited, "rate_limited": .rateLimited, "message_limit_exceeded": .rateLimited,
        "internal_error": .serverError, "fatal_error": .serverError, "service_unavailable": .serverError,
        "request_timeout": .timeout, "rollup_error": .serverError, "team_added_to_org": .serverError,
        "invalid_auth": .authentication, "not_authed": .authentication, "account_inactive": .authentication,
        "token_revoked": .authentication, "token_expired": .authentication, "missing_scope": .authentication,
        "no_permission": .authentication, "access_denied": .authentication, "ekm_access_denied": .authentication,
        "not_allowed_token_type": .authentication, "invalid_token": .authentication, "action_prohibited": .authentication,
        "channel_not_found": .targetNotFound, "not_in_channel": .targetNotFound, "is_archived": .targetNotFound,
        "user_not_found": .targetNotFound, "restricted_action": .targetNotFound, "team_not_found": .targetNotFound,
        "no_service": .gone, "no_service_id": .gone, "no_team": .gone, "team_disabled": .gone, "channel_is_archived": .gone,
        "message_not_found": .messageGone, "cant_update_message": .messageGone, "edit_window_closed": .messageGone,
        "thread_not_found": .messageGone,
        "msg_too_long": .tooLarge, "msg_blocks_too_long": .tooLarge, "invalid_payload": .rejected, "invalid_blocks": .rejected,
        "invalid_blocks_format": .rejected, "no_text": .rejected, "invalid_arguments": .rejected, "invalid_arg_name": .rejected,
        "invalid_json": .rejected, "json_not_object": .rejected, "metadata_too_large": .rejected, "invalid_metadata_format": .rejected,
        "invalid_cursor": .rejected, "invalid_ts_latest": .rejected, "invalid_ts_oldest": .rejected,
    ]

    private static let transient: Set<FailureReason> = [.rateLimited, .serverError, .timeout]

    /// What a known word means; nil for any other text.
    static func outcome(word: String, status: Int, headers: [HTTPMessage.Header]) -> Outcome? {
        guard let reason = reasons[word] else { return nil }
        let refusal = Refusal(reason, status: status, word: word)
        return transient.contains(reason)
            ? .retry(afterSeconds: HTTPAnswer.retryAfter(headers), refusal) : .permanent(refusal)
    }
}

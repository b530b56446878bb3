import CLibcurl

/// One mail, from options to reply. Runs on a worker thread.
struct SMTPJob: Sendable {
    let mail: Mail
    let server: SMTPServer
    let target: OutboundTarget

    /// After the mail was accepted only QUIT is left, and its answer is of no interest.
    private static let quitPatience = Duration.seconds(2)
    /// Reply lines kept, in bytes.
    private static let limits = AnswerLimits(bodyBytes: 0, headerBytes: 65_536)

    func perform(
        on handle: CurlHandle, timeoutMilliseconds: Int, cancellation: CancellationFlag
    ) -> Result<SMTPReply, OutboundError> {
        let transfer = CurlTransfer(policy: target.policy, limits: Self.limits, upload: mail.bytes, cancellation: cancellation)
        let replies = SMTPReplyReader()
        // libcurl's own time-out does not hold for the QUIT after a failure.
        transfer.stopAfter = .now + .milliseconds(timeoutMilliseconds)
        transfer.onLine = { [unowned transfer] line in
            guard replies.verdict == nil else { return }
            replies.read(line)
            if replies.verdict != nil { transfer.stopAfter = .now + Self.quitPatience }
        }
        let recipients: CurlList
        do throws(OutboundError) { recipients = try CurlList(mail.to) } catch { return .failure(error) }
        return withExtendedLifetime(recipients) {
            handle.reset()
            defer { handle.reset() }  // drops the borrowed pointers
            let options = options(on: handle, timeoutMilliseconds, recipients) + handle.attach(transfer)
            if let error = CurlFailure.firstFailed(options) { return .failure(error) }
            return outcome(of: handle.perform(transfer), handle, transfer, replies)
        }
    }

    private func options(on handle: CurlHandle, _ timeoutMilliseconds: Int, _ recipients: CurlList) -> [CURLcode] {
        var options = [
            handle.set(CURLOPT_URL, target.url),
            handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            handle.set(CURLOPT_USE_SSL, Int((server.security == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue)),
            handle.set(CURLOPT_SSL_VERIFYPEER, server.verifyCertificate ? 1 : 0),
            handle.set(CURLOPT_SSL_VERIFYHOST, server.verifyCertificate ? 2 : 0),
            handle.set(CURLOPT_MAIL_FROM, mail.from),
            handle.set(CURLOPT_MAIL_RCPT, recipients),
            handle.set(CURLOPT_UPLOAD, 1),
            handle.set(CURLOPT_INFILESIZE_LARGE, bytes: mail.bytes.count),
            // QUIT then happens inside `perform`, under our progress callback, not minutes long in the clean-up.
            handle.set(CURLOPT_FORBID_REUSE, 1),
        ]
        if let username = server.username { options.append(handle.set(CURLOPT_USERNAME, username)) }
        if let password = server.password { options.append(handle.set(CURLOPT_PASSWORD, password)) }
        return options + handle.guardOptions(timeoutMilliseconds: timeoutMilliseconds, connectTimeoutMilliseconds: 5_000)
    }

    /// The server's word on the message decides; libcurl's result only where there is none.
    private func outcome(
        of result: CURLcode, _ handle: CurlHandle, _ transfer: CurlTransfer, _ replies: SMTPReplyReader
    ) -> Result<SMTPReply, OutboundError> {
        if let verdict = replies.verdict {
            return (200..<300).contains(verdict.code) ? .success(verdict) : .failure(Self.refused(verdict, .smtpRefused))
        }
        let code = CurlFailure.code(for: result, of: transfer)
        if let last = replies.last, last.code >= 400, ![.timeout, .cancelled, .tls].contains(code) {
            return .failure(Self.refused(last, code == .authentication ? .authentication : .smtpRefused))
        }
        let isInDoubt = transfer.isUploadTaken && handle.uploadedBytes >= mail.bytes.count
        return .failure(OutboundError(code, CurlFailure.sentence(for: result, of: transfer), mayHaveBeenSent: isInDoubt))
    }

    private static func refused(_ reply: SMTPReply, _ code: OutboundError.Code) -> OutboundError {
        OutboundError(code, "the mail server refused", smtpCode: reply.code, smtpEnhancedStatus: reply.enhancedStatus)
    }
}

/// Puts reply lines ("250-SIZE", "250 OK") together and finds the one that decides about the message.
final class SMTPReplyReader {
    /// The last complete reply, but for the farewell (221) that follows a refusal.
    private(set) var last: SMTPReply?
    /// The first complete reply after the whole message was sent.
    private(set) var verdict: SMTPReply?
    private var text: [String] = []

    func read(_ line: CurlTransfer.HeaderLine) {
        guard line.text.utf8.count >= 3, let code = Int(line.text.prefix(3)), (200..<600).contains(code) else { return }
        text.append(String(line.text.dropFirst(4)))
        guard line.text.dropFirst(3).first != "-" else { return }
        let reply = SMTPReply(code: code, text: text.joined(separator: " "))
        text = []
        if code != 221 { last = reply }
        if line.isAfterUpload, verdict == nil { verdict = reply }
    }
}

import CLibcurl
import Glibc

/// What happens during one transfer: bytes in, bytes out, the socket. Touched only by the thread that performs it.
final class CurlTransfer {
    private let policy: AddressPolicy
    private let limits: AnswerLimits
    private let cancellation: CancellationFlag
    private let upload: [UInt8]
    private var uploadOffset = 0

    /// The body received, cut at the limit.
    private(set) var body: [UInt8] = []
    private(set) var isBodyCut = false
    /// Raw header lines of HTTP, raw reply lines of SMTP.
    private(set) var lines: [HeaderLine] = []
    private var headerBytes = 0
    private(set) var isHeaderTooLarge = false
    /// How many addresses were tried, and how many the policy refused.
    private(set) var openedSockets = 0
    private(set) var refusedSockets = 0
    /// When to stop although nobody cancelled.
    var stopAfter: ContinuousClock.Instant?
    /// Called for each header line; for the SMTP reply reader.
    var onLine: ((HeaderLine) -> Void)?

    /// One line without its line break, and whether all of the upload had been taken before it came.
    struct HeaderLine {
        var text: String
        var isAfterUpload: Bool
    }

    init(policy: AddressPolicy, limits: AnswerLimits, upload: [UInt8], cancellation: CancellationFlag) {
        self.policy = policy
        self.limits = limits
        self.upload = upload
        self.cancellation = cancellation
    }

    /// All bytes were handed to libcurl.
    var isUploadTaken: Bool { uploadOffset == upload.count }

    var isCancelled: Bool { cancellation.isCancelled }

    fileprivate func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
        let room = limits.bodyBytes - body.count
        body.append(contentsOf: bytes.prefix(room))
        isBodyCut = bytes.count > room
        return !isBodyCut
    }

    fileprivate func receive(header bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= limits.headerBytes else {
            isHeaderTooLarge = true
            return false
        }
        let content = bytes.prefix { $0 != 0x0D && $0 != 0x0A }
        let line = HeaderLine(text: String(decoding: content, as: UTF8.self), isAfterUpload: isUploadTaken)
        lines.append(line)
        onLine?(line)
        return true
    }

    fileprivate func provide(_ room: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(room.count, upload.count - uploadOffset)
        room.copyBytes(from: upload[uploadOffset..<uploadOffset + count])
        uploadOffset += count
        return count
    }

    fileprivate var mustStop: Bool {
        if isCancelled { return true }
        guard let stopAfter else { return false }
        return ContinuousClock.now > stopAfter
    }

    fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let resolved = tocsin_curl_address(address).flatMap { IPAddress($0, length: Int(address.pointee.addrlen)) }
        guard let resolved, policy.permits(resolved) else {
            refusedSockets += 1
            return -1
        }
        openedSockets += 1
        let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, kind, address.pointee.protocol)
    }
}

extension IPAddress {
    /// The address in what the resolver gave; nil for a family that is no Internet.
    init?(_ address: UnsafePointer<sockaddr>, length: Int) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            self = .v4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let offset = 8  // sin6_family, sin6_port, sin6_flowinfo come first
            self = .v6(
                high: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
        default: return nil
        }
    }
}

// MARK: - C callbacks: recover the transfer, hand over, return

private func transfer(_ pointer: UnsafeMutableRawPointer?) -> CurlTransfer? {
    pointer.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
}

/// Anything but the number of bytes given ends the transfer with CURLE_WRITE_ERROR.
func receiveBody(_ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?) -> Int {
    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
    return transfer(user)?.receive(body: bytes) == true ? bytes.count : -1
}

/// As `receiveBody`, one line per call.
func receiveHeader(_ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?) -> Int {
    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
    return transfer(user)?.receive(header: bytes) == true ? bytes.count : -1
}

/// Zero means that the upload is over.
func provideBody(_ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?) -> Int {
    transfer(user)?.provide(UnsafeMutableRawBufferPointer(start: data, count: size * count)) ?? 0
}

/// libcurl wants to rewind when it would send the request again on a new connection after a kept one broke without an answer. The peer
/// may have acted on the first copy, so that is the caller's decision: refuse (gives CURLE_SEND_FAIL_REWIND).
func refuseRewind(_ user: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 { CURL_SEEKFUNC_FAIL }

/// Called at least once a second; anything but 0 ends the transfer with CURLE_ABORTED_BY_CALLBACK.
func checkProgress(
    _ user: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
    transfer(user)?.mustStop == true ? 1 : 0
}

/// Runs after name resolution and before connect: the only place where the true address is known. -1 refuses it.
func openCheckedSocket(
    _ user: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address, let transfer = transfer(user) else { return -1 }
    return transfer.open(address)
}

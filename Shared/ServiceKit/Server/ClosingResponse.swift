package import HTTPTypes
package import Hummingbird
import HummingbirdCore

/// An answer without a body after which the server closes the connection at once, whatever the client is still sending.
///
/// After an ordinary answer Hummingbird reads on to the end of the request's body, so that a client which trickles it in would keep the
/// connection for as long as it likes. A body that fails to be written makes the server let go.
package func closingResponse(_ status: HTTPResponse.Status, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    headers[.connection] = "close"
    return Response(
        status: status, headers: headers,
        body: ResponseBody(contentLength: 0) { _ in throw ConnectionClosed() })
}

/// Ends the connection; nobody sees it but the server's own log at trace.
private struct ConnectionClosed: Error {}

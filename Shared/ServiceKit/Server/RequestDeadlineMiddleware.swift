package import Hummingbird
package import HummingbirdCore

/// Gives each request so many seconds from its head to its response, body included; then answers 408 and cancels the handler.
/// This is what stops a client that sends a byte of its body now and then.
package struct RequestDeadlineMiddleware<Context: RequestContext>: RouterMiddleware {
    private let seconds: Int

    package init(seconds: Int) { self.seconds = seconds }

    package func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        try await withoutActuallyEscaping(next) { next in
            try await Self.race(SendableNext(next: next), request, context, seconds: seconds)
        }
    }

    /// Carries the rest of the chain into a child task.
    /// @unchecked: Hummingbird's closure holds only Sendable middleware and context, it is called once, from one task, and that task
    /// ends before `handle` returns.
    private struct SendableNext: @unchecked Sendable {
        let next: (Request, Context) async throws -> Response
    }

    private static func race(
        _ rest: SendableNext, _ request: Request, _ context: Context, seconds: Int
    ) async throws -> Response {
        try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { try await rest.next(request, context) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let response = first else { return closingResponse(.requestTimeout) }
            return response
        }
    }
}

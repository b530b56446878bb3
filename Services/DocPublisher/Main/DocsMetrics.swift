import ServiceKit

/// Every metric of doc-publisher.
enum DocsMetrics {
    static let published = MetricDeclaration("tocsin_docs_published_total", .counter, "Documents published, by publisher.")
    static let failed = MetricDeclaration("tocsin_docs_failed_total", .counter, "Attempts to write or publish that failed, by publisher.")
    static let seconds = MetricDeclaration("tocsin_docs_write_seconds", .histogram, "From the claim of a document to its publication.")
}

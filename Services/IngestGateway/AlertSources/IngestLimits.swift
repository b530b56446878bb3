package import JSON

/// How much one request may hold before it is refused with 413; each is a setting of the gateway (docs/settings.md).
package struct IngestLimits: Sendable, Hashable {
    /// Bytes of the body.
    package var bodyBytes: Int
    /// Alerts in one body.
    package var alerts: Int
    /// Arrays and objects around a value.
    package var depth: Int
    /// Labels of one alert.
    package var labels: Int
    /// Annotations of one alert.
    package var annotations: Int
    /// UTF-8 bytes of a label's or annotation's name.
    package var nameBytes: Int
    /// UTF-8 bytes of a label's value.
    package var labelValueBytes: Int
    /// UTF-8 bytes of an annotation's value.
    package var annotationValueBytes: Int
    /// Bytes of one alert as the record it becomes; below the broker's `message.max.bytes`.
    package var recordBytes: Int
    /// Seconds after which an alert that came without an end counts as resolved, unless it is sent again
    /// (Alertmanager's `resolve_timeout`).
    package var resolveTimeoutSeconds: Int
    /// Whether Prometheus label names may be any UTF-8 (Prometheus 3) instead of `[a-zA-Z_][a-zA-Z0-9_]*`.
    package var allowsUTF8Names: Bool

    package init(
        bodyBytes: Int = 5 << 20, alerts: Int = 1000, depth: Int = 32, labels: Int = 64, annotations: Int = 64, nameBytes: Int = 128,
        labelValueBytes: Int = 4096, annotationValueBytes: Int = 16384, recordBytes: Int = 900_000, resolveTimeoutSeconds: Int = 300,
        allowsUTF8Names: Bool = true
    ) {
        self.bodyBytes = bodyBytes
        self.alerts = alerts
        self.depth = depth
        self.labels = labels
        self.annotations = annotations
        self.nameBytes = nameBytes
        self.labelValueBytes = labelValueBytes
        self.annotationValueBytes = annotationValueBytes
        self.recordBytes = recordBytes
        self.resolveTimeoutSeconds = resolveTimeoutSeconds
        self.allowsUTF8Names = allowsUTF8Names
    }

    /// Bytes of a link; longer ones are left out of the alert, since nothing depends on them.
    static let linkBytes = 8192
    /// Seconds that a sender's clock may be ahead of ours.
    static let clockSkewSeconds = 86_400

    /// What the parser refuses before anything looks at the document.
    package var json: JSONLimits {
        JSONLimits(
            maxDepth: depth, maxStringBytes: max(65536, annotationValueBytes, labelValueBytes), maxKeysPerObject: 1000,
            maxArrayElements: max(10_000, alerts))
    }
}

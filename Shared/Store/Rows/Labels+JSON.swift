import JSON
package import Models

extension Labels {
    /// One JSON object, names in byte order.
    package var json: String { String(decoding: jsonBytes, as: UTF8.self) }

    /// As ``json``, in UTF-8.
    package var jsonBytes: [UInt8] {
        var writer = JSONWriter(reserving: 128)
        writer.object { writer in
            for (name, value) in sortedPairs {
                writer.key(name)
                writer.value(value)
            }
        }
        return writer.bytes
    }

    package init(json bytes: [UInt8]) throws(RecordError) {
        self = try RecordReader(bytes).wholeMap()
    }
}

import JSON
package import Models

extension Labels {
    /// One JSON object, names in byte order.
    package var json: String {
        var writer = JSONWriter(reserving: 128)
        writer.object { writer in
            for (name, value) in sortedPairs {
                writer.key(name)
                writer.value(value)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    package init(json bytes: [UInt8]) throws(RecordError) {
        self = try RecordReader(bytes).wholeMap()
    }
}

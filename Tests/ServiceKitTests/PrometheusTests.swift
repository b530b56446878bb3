import Foundation
import Metrics
import Testing

@testable import ServiceKit

@Suite struct PrometheusTests {
    private func exposition(_ store: PrometheusStore) -> String {
        let snapshot = store.snapshot
        return PrometheusText.exposition(snapshot.families, dropped: snapshot.dropped)
    }

    private func example() -> PrometheusStore {
        let store = PrometheusStore()
        store.declare(MetricDeclaration("demo_requests_total", .counter, "Requests by\nway \\ and code."))
        store.declare(MetricDeclaration("demo_seconds", .histogram, "Seconds.", buckets: [0.1, 1]))
        Counter(label: "demo_requests_total", dimensions: [("way", "a\"b\\c\nd"), ("code", "200")], factory: store).increment(by: 3)
        Counter(label: "demo_requests_total", dimensions: [("way", "x"), ("code", "500")], factory: store).increment()
        Counter(label: "demo.renamed", factory: store).increment()
        Gauge(label: "demo_ratio", factory: store).record(0.25)
        let timer = Metrics.Timer(label: "demo_seconds", factory: store)
        timer.recordMilliseconds(50)
        timer.recordMilliseconds(500)
        timer.recordSeconds(2)
        return store
    }

    @Test("the text is exactly this")
    func golden() {
        #expect(
            exposition(example()) == #"""
                # HELP demo_ratio Not described.
                # TYPE demo_ratio gauge
                demo_ratio 0.25
                # HELP demo_renamed_total Not described.
                # TYPE demo_renamed_total counter
                demo_renamed_total 1
                # HELP demo_requests_total Requests by\nway \\ and code.
                # TYPE demo_requests_total counter
                demo_requests_total{code="200",way="a\"b\\c\nd"} 3
                demo_requests_total{code="500",way="x"} 1
                # HELP demo_seconds Seconds.
                # TYPE demo_seconds histogram
                demo_seconds_bucket{le="0.1"} 1
                demo_seconds_bucket{le="1"} 2
                demo_seconds_bucket{le="+Inf"} 3
                demo_seconds_sum 2.55
                demo_seconds_count 3

                """#)
    }

    @Test("promtool finds nothing to complain about", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")))
    func promtool() throws {
        KitMetrics.records.counter([("topic", "t"), ("outcome", "handled")]).increment()
        KitMetrics.batchSeconds.timer().recordSeconds(1)
        let text = exposition(example()) + PrometheusRegistry.exposition()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
        process.arguments = ["check", "metrics"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let complaints = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(complaints)")
        #expect(complaints.isEmpty)
    }

    @Test("a metric has at most so many series; the rest is counted, not kept")
    func bounded() {
        let store = PrometheusStore(maxSeriesPerFamily: 3)
        for number in 1...10 { Counter(label: "many_total", dimensions: [("id", String(number))], factory: store).increment() }
        Counter(label: "many_total", dimensions: [("id", "1")], factory: store).increment()
        let text = exposition(store)
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("many_total{") }.count == 3)
        #expect(text.contains("many_total{id=\"1\"} 2\n"))
        #expect(text.contains("tocsin_metrics_series_dropped_total{metric=\"many_total\"} 7\n"))
    }

    @Test("a name of another kind is refused, not mixed")
    func otherKind() {
        let store = PrometheusStore()
        Gauge(label: "thing", factory: store).record(1)
        Metrics.Timer(label: "thing", factory: store).recordSeconds(1)
        #expect(exposition(store).contains("tocsin_metrics_series_dropped_total{metric=\"thing\"} 1\n"))
        #expect(exposition(store).contains("thing 1\n"))
    }

    @Test("the process tells of itself")
    func process() {
        let text = ProcessMetrics.exposition()
        for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
            #expect(text.contains("\n\(name) "))
        }
    }
}

import AlertSources
import Testing
import Models

/// Bodies of our own that each source takes, with what the tests need to know about them.
struct Sample: Sendable, CustomTestStringConvertible {
    let source: any AlertSource.Type
    let name: String
    let body: String
    var contentType = "application/json"
    var eventHeaders: [String: String] = [:]
    let alerts: Int

    var testDescription: String { "\(source.id): \(name)" }

    /// 2026-11-21T06:00:00Z, after every time in the samples.
    static let now = Timestamp(seconds: 1_795_240_800)

    func request(body other: [UInt8]? = nil, limits: IngestLimits = IngestLimits(), at now: Timestamp = Sample.now) -> SourceRequest {
        SourceRequest(
            body: other ?? Array(body.utf8), contentType: MediaType(contentType), eventHeaders: eventHeaders, receivedAt: now,
            limits: limits)
    }

    func parse(_ other: [UInt8]? = nil, limits: IngestLimits = IngestLimits()) throws(SourceRefusal) -> [ParsedAlert] {
        try source.parse(request(body: other, limits: limits))
    }

    static let firing = Sample(
        source: Alertmanager.self, name: "one firing, one resolved, in one group",
        body: """
            {"receiver":"tocsin","status":"firing","alerts":[
            {"status":"firing","labels":{"alertname":"DiskFull","instance":"db-1:9100","service":"billing","severity":"critical"},
            "annotations":{"summary":"Disk of db-1 is at 97 %","description":"Zeilenumbruch\\nund Ümläute"},
            "startsAt":"2026-11-21T05:10:00.123456789+01:00","endsAt":"0001-01-01T00:00:00Z",
            "generatorURL":"http://prometheus.example:9090/graph?g0.expr=disk","fingerprint":"a1b2c3d4e5f60718"},
            {"status":"resolved","labels":{"alertname":"DiskFull","instance":"db-2:9100","service":"billing","severity":"critical"},
            "annotations":null,"startsAt":"2026-11-21T04:00:00Z","endsAt":"2026-11-21T04:30:00Z","generatorURL":"","fingerprint":"00000000000000ff"}],
            "groupLabels":{"alertname":"DiskFull"},"commonLabels":{"alertname":"DiskFull"},"commonAnnotations":{},
            "externalURL":"http://alertmanager.example:9093","version":"4","groupKey":"{}:{alertname=\\"DiskFull\\"}","truncatedAlerts":0,
            "notification_reason":"first notification","routeLabels":null}
            """, alerts: 2)

    static let prometheus = Sample(
        source: PrometheusAlerts.self, name: "one until its end, one over",
        body: """
            [{"labels":{"alertname":"HighLatency","job":"api","severity":"warning","empty":""},"annotations":{"summary":"p99 above 2 s"},
            "startsAt":"2026-11-21T05:55:00Z","endsAt":"2026-11-21T06:04:00Z","generatorURL":"https://prometheus.example/graph"},
            {"labels":{"alertname":"HighLatency","job":"web"},"startsAt":"2026-11-21T05:00:00Z","endsAt":"2026-11-21T05:30:00Z"}]
            """, alerts: 2)

    static let genericOne = Sample(
        source: Generic.self, name: "a single object",
        body: """
            {"title":"Backup failed","description":"Exit code 3","severity":"high","status":"firing","dedup_key":"backup/db-1",
            "labels":{"service":"backup","attempt":3,"nightly":true,"host.name":"db-1","ratio":0.5,"nothing":null},
            "annotations":{"runbook":"https://runbooks.example/backup"},"startsAt":"2026-11-21T03:00:00Z","url":"https://ci.example/jobs/17"}
            """, alerts: 1)

    static let genericMany = Sample(
        source: Generic.self, name: "a list",
        body: """
            {"alerts":[{"title":"A","startsAt":"2026-11-21T03:00:00Z"},
            {"summary":"B","status":"resolved","startsAt":"2026-11-21T03:00:00Z","endsAt":"2026-11-21T03:10:00Z","id":42}]}
            """, alerts: 2)

    static let structured = Sample(
        source: CloudEvents.self, name: "structured",
        body: """
            {"specversion":"1.0","id":"7f-1","source":"/factory/line-3","type":"com.example.machine.stopped","subject":"press 4",
            "time":"2026-11-21T05:00:00Z","datacontenttype":"application/json","extension":5,
            "data":{"severity":"critical","labels":{"service":"press"},"description":"Emergency stop","dedup_key":"press-4","id":"order-9"}}
            """, contentType: "application/cloudevents+json; charset=UTF-8", alerts: 1)

    static let batch = Sample(
        source: CloudEvents.self, name: "batch",
        body: """
            [{"specversion":"1.0","id":"1","source":"/s","type":"t.one","time":"2026-11-21T05:00:00Z","data":"plain words"},
            {"specversion":"1.0","id":"2","source":"/s","type":"t.two","time":"2026-11-21T05:00:00Z","data_base64":"eyAi"},
            {"specversion":"1.0","id":"3","source":"/s","type":"t.three","subject":null,"time":"2026-11-21T05:00:00Z","data":{"status":"resolved"}}]
            """, contentType: "application/cloudevents-batch+json", alerts: 3)

    static let binary = Sample(
        source: CloudEvents.self, name: "binary",
        body: #"{"title":"Oven too hot","labels":{"service":"oven"},"status":"firing"}"#,
        eventHeaders: [
            "specversion": "1.0", "id": "e-9", "source": "/bakery", "type": "com.example.oven", "time": "2026-11-21T05:00:00Z",
            "subject": "Euro%20%E2%82%AC%20%F0%9F%98%80",
        ], alerts: 1)

    static let all: [Sample] = [firing, prometheus, genericOne, genericMany, structured, batch, binary]
}

/// The refusal of a body, which must be one.
func refusal(
    _ source: any AlertSource.Type, _ body: String, contentType: String = "application/json", headers: [String: String] = [:],
    limits: IngestLimits = IngestLimits()
) -> SourceRefusal? {
    do throws(SourceRefusal) {
        _ = try Sample(source: source, name: "", body: body, contentType: contentType, eventHeaders: headers, alerts: 0).parse(
            limits: limits)
        return nil
    } catch {
        return error
    }
}

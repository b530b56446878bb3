import JSON

/// The document in `text`.
func parse(_ text: String, limits: JSONLimits = .default) throws(JSONError) -> JSONNode {
    try JSONDocument.parse(Array(text.utf8), limits: limits).root
}

/// Why `bytes` are refused, or `nil` if they are not.
func refusal(of bytes: [UInt8], limits: JSONLimits = .default) -> JSONError? {
    do {
        _ = try JSONDocument.parse(bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

func refusal(of text: String, limits: JSONLimits = .default) -> JSONError? {
    refusal(of: Array(text.utf8), limits: limits)
}

/// What the body writes.
func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
}

/// One webhook body with every kind of value, every escape and text outside ASCII.
let sample = """
    {"version":"4","truncatedAlerts":0,"ratio":-0.5e-3,"ok":true,"bad":false,"none":null,"empty":{},"nothing":[],
    "alerts":[{"status":"firing","labels":{"alertname":"Straße \\u00e9\\ud83d\\ude00 🚒","severity":"critical"},
    "values":[1,-2,3.25,1e3]},{"status":"resolved","labels":{},"text":"\\"\\\\\\/\\b\\f\\n\\r\\t"}]}
    """

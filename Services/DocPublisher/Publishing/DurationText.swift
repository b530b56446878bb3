/// A length of time for people: `45 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`.
package func durationText(seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    let parts: [(Int, String)] = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")]
    guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0 s" }
    return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
}

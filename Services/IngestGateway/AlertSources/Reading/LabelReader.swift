import JSON
import Models

/// Takes over one map of labels or annotations within the limits.
struct LabelReader {
    enum Names {
        /// `[a-zA-Z_][a-zA-Z0-9_]*`, everything else is refused.
        case classic
        /// Any UTF-8 without control characters.
        case utf8
        /// Every other character becomes `_`, and a leading digit gets one before it.
        case sanitised
    }

    let names: Names
    /// Whether numbers and booleans become strings.
    let takesScalars: Bool
    let limits: IngestLimits

    static func prometheus(_ limits: IngestLimits) -> LabelReader {
        LabelReader(names: limits.allowsUTF8Names ? .utf8 : .classic, takesScalars: false, limits: limits)
    }

    static func generic(_ limits: IngestLimits) -> LabelReader {
        LabelReader(names: .sanitised, takesScalars: true, limits: limits)
    }

    /// Without labels whose value is empty, which mean the same as absent ones in Prometheus. Absent or null: none.
    func labels(_ key: String, of alert: BodyReader) throws(SourceRefusal) -> Labels {
        try map(key, of: alert, maxCount: limits.labels, countSetting: "TOCSIN_GATEWAY_MAX_LABELS").filter { !$0.value.isEmpty }
    }

    func annotations(_ key: String, of alert: BodyReader) throws(SourceRefusal) -> Labels {
        try map(key, of: alert, maxCount: limits.annotations, countSetting: "TOCSIN_GATEWAY_MAX_ANNOTATIONS")
    }

    /// As `labels`, without a text for each name and value where the sender's are as they should be.
    func labelSet(_ key: String, of alert: BodyReader) throws(SourceRefusal) -> LabelSet {
        if let set = quick(alert[key], most: limits.labels, valueBytes: limits.labelValueBytes, keepsEmpty: false) { return set }
        return LabelSet(try labels(key, of: alert))
    }

    func annotationSet(_ key: String, of alert: BodyReader) throws(SourceRefusal) -> LabelSet {
        if let set = quick(alert[key], most: limits.annotations, valueBytes: limits.annotationValueBytes, keepsEmpty: true) { return set }
        return LabelSet(try annotations(key, of: alert))
    }

    /// nil: something needs a closer look, or a refusal that names it.
    private func quick(_ field: JSONNode?, most: Int, valueBytes: Int, keepsEmpty: Bool) -> LabelSet? {
        guard let field, field.count <= most else { return nil }
        var set: LabelSet?
        _ = field.lendTextMembers { members in
            var kept = 0
            for member in members {
                guard isPlain(member.name), member.value.count <= valueBytes else { return }
                if !keepsEmpty, member.value.isEmpty { continue }
                members[kept] = member
                kept += 1
            }
            set = LabelSet(UnsafeMutableBufferPointer(rebasing: members[..<kept]))
        }
        return set
    }

    /// Whether the name is taken as it is under any rule: only those can be told apart by their bytes. Others are equal as texts in ways
    /// that bytes do not show.
    private func isPlain(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = name.first, !LabelReader.isDigit(first), name.count <= limits.nameBytes else { return false }
        return name.allSatisfy(LabelReader.isNameByte)
    }

    private func map(
        _ key: String, of alert: BodyReader, maxCount: Int, countSetting: String
    ) throws(SourceRefusal) -> Labels {
        guard let field = alert[key] else { return [:] }
        let path = alert.path(key)
        guard field.kind == .object else { throw .invalid(path, "\(key) must be an object of names and strings.") }
        guard field.count <= maxCount else {
            throw .overLimit(path, "There are \(field.count) \(key); at most \(maxCount) are taken.", setting: countSetting)
        }
        let isLabel = countSetting == "TOCSIN_GATEWAY_MAX_LABELS"
        var map = Labels(minimumCapacity: field.count)
        for member in field.members {
            let memberPath = path.field(member.key)
            guard let value = try value(member.value, path: memberPath) else { continue }
            try isLabel ? check(label: value, path: memberPath) : check(annotation: value, path: memberPath)
            let name = try name(member.key, path: memberPath)
            guard map.updateValue(value, forKey: name) == nil else {
                throw .contradiction(memberPath, "Two \(key) are both called \(name) once other characters are replaced by _. Rename one.")
            }
        }
        return map
    }

    func check(label value: String, path: String) throws(SourceRefusal) {
        guard value.utf8.count > limits.labelValueBytes else { return }
        throw .overLimit(
            path, "The value has \(value.utf8.count) bytes; \(limits.labelValueBytes) are allowed in a label. Use an annotation.",
            setting: "TOCSIN_GATEWAY_MAX_LABEL_VALUE_BYTES")
    }

    func check(annotation value: String, path: String) throws(SourceRefusal) {
        guard value.utf8.count > limits.annotationValueBytes else { return }
        throw .overLimit(
            path, "The value has \(value.utf8.count) bytes; \(limits.annotationValueBytes) are allowed.",
            setting: "TOCSIN_GATEWAY_MAX_ANNOTATION_VALUE_BYTES")
    }

    /// nil for null, which counts as absent.
    private func value(_ node: JSONNode, path: String) throws(SourceRefusal) -> String? {
        switch node.kind {
        case .string: return node.string
        case .null where takesScalars: return nil
        case .bool where takesScalars, .int where takesScalars, .double where takesScalars:
            return String(decoding: node.raw(), as: UTF8.self)
        default:
            throw .invalid(path, takesScalars ? "The value must be a string, a number or a boolean." : "The value must be a string.")
        }
    }

    private func name(_ text: String, path: String) throws(SourceRefusal) -> String {
        guard !text.isEmpty else { throw .invalid(path, "A name is empty.") }
        guard text.utf8.count <= limits.nameBytes else {
            throw .overLimit(
                path, "The name has \(text.utf8.count) bytes; \(limits.nameBytes) are allowed.", setting: "TOCSIN_GATEWAY_MAX_NAME_BYTES")
        }
        switch names {
        case .classic:
            guard LabelReader.isClassic(text) else {
                throw .invalid(path, "The name is not of the form [a-zA-Z_][a-zA-Z0-9_]*. TOCSIN_GATEWAY_UTF8_LABEL_NAMES allows others.")
            }
            return text
        case .utf8:
            guard text.isPrintable else { throw .invalid(path, "The name has control characters.") }
            return text
        case .sanitised:
            return LabelReader.sanitised(text)
        }
    }

    static func isClassic(_ name: String) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy(isNameByte)
    }

    static func sanitised(_ name: String) -> String {
        let replaced = String(name.unicodeScalars.map { $0.isASCII && isNameByte(UInt8(ascii: $0)) ? Character($0) : "_" })
        return name.utf8.first.map(isDigit) == true ? "_" + replaced : replaced
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: isDigit(byte)
        }
    }
}

extension String {
    /// No control characters, neither of ASCII nor of Latin-1, and no line or paragraph separators.
    var isPrintable: Bool {
        isASCII(0x20..<0x7F) || isPrintableUnicode
    }

    /// Whether all bytes lie in that range. Looks at all of them: that is many at once.
    func isASCII(_ range: Range<UInt8>) -> Bool {
        var text = self
        return text.withUTF8 { bytes in
            var others: UInt8 = 0
            for byte in bytes { others |= byte &- range.lowerBound < UInt8(range.count) ? 0 : 1 }
            return others == 0
        }
    }

    private var isPrintableUnicode: Bool {
        unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value != 0x2028 && $0.value != 0x2029 }
    }
}

#include "csimdjson.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace {

namespace dom = simdjson::dom;

/// A thread that met one huge document does not keep its buffers: simdjson's are about ten times the input.
constexpr size_t kept_parser_bytes = 1 << 20;
/// Up to this many keys each is compared with each; beyond, they are sorted, so that no choice of keys is slow.
constexpr size_t pairwise_keys = 12;

int32_t status_of(simdjson::error_code error) {
    switch (error) {
    case simdjson::SUCCESS: return CSIMDJSON_OK;
    case simdjson::CAPACITY: return CSIMDJSON_TOO_LARGE;
    case simdjson::MEMALLOC: return CSIMDJSON_OUT_OF_MEMORY;
    case simdjson::DEPTH_ERROR: return CSIMDJSON_DEPTH;
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE: return CSIMDJSON_NUMBER;
    case simdjson::UTF8_ERROR: return CSIMDJSON_UTF8;
    case simdjson::EMPTY: return CSIMDJSON_EMPTY;
    case simdjson::TRAILING_CONTENT: return CSIMDJSON_TRAILING;
    default: return CSIMDJSON_SYNTAX;
    }
}

/// Copies simdjson's tape into our nodes and checks the limits on the way. Its recursion is bounded by the parser's
/// own depth limit.
class Flattener {
public:
    std::vector<csimdjson_node> &nodes;
    int32_t status = CSIMDJSON_OK;
    uint32_t fault = 0;
    /// The strings of a document lie one behind the other in simdjson's buffer; these are its used bounds.
    const char *strings_begin;
    size_t strings_count = 0;

    /// `has_escapes`: whether the input has a backslash. Without one, no string can have what the parser itself does not refuse.
    Flattener(std::vector<csimdjson_node> &nodes, const csimdjson_limits &limits, const char *strings, bool has_escapes)
        : nodes(nodes), strings_begin(strings), limits(limits), has_escapes(has_escapes) {}

    bool element(dom::element element, size_t depth) {
        switch (element.type()) {
        case dom::element_type::NULL_VALUE: leaf(CSIMDJSON_NULL, 0); return true;
        case dom::element_type::BOOL: leaf(CSIMDJSON_BOOL, bool(element.get_bool().value_unsafe())); return true;
        case dom::element_type::INT64: leaf(CSIMDJSON_INT, uint64_t(element.get_int64().value_unsafe())); return true;
        // simdjson answers UINT64 only for what Int64 cannot hold.
        case dom::element_type::UINT64: real(double(element.get_uint64().value_unsafe())); return true;
        case dom::element_type::DOUBLE: real(element.get_double().value_unsafe()); return true;
        case dom::element_type::STRING: return string(element.get_string().value_unsafe());
        case dom::element_type::ARRAY: return array(element.get_array().value_unsafe(), depth + 1);
        case dom::element_type::OBJECT: return object(element.get_object().value_unsafe(), depth + 1);
        }
        return fail(CSIMDJSON_SYNTAX);
    }

private:
    const csimdjson_limits limits;
    const bool has_escapes;
    std::vector<uint32_t> sorted;

    uint32_t leaf(uint32_t kind, uint64_t value) {
        uint32_t index = uint32_t(nodes.size());
        nodes.push_back({kind, index + 1, value});
        return index;
    }

    void real(double value) {
        uint64_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        leaf(CSIMDJSON_DOUBLE, bits);
    }

    /// The node pushed last is at fault.
    bool fail(int32_t why) {
        status = why;
        fault = nodes.empty() ? 0 : uint32_t(nodes.size() - 1);
        return false;
    }

    bool string(std::string_view text) {
        size_t offset = size_t(text.data() - strings_begin);
        leaf(CSIMDJSON_STRING, uint64_t(offset) << 32 | uint64_t(text.size()));
        strings_count = offset + text.size();
        if (text.size() > limits.max_string_bytes) return fail(CSIMDJSON_STRING_TOO_LONG);
        if (!has_escapes) return true;
        if (!limits.allows_nul && std::memchr(text.data(), 0, text.size())) return fail(CSIMDJSON_NUL);
        if (has_surrogate(text)) return fail(CSIMDJSON_UTF8);
        return true;
    }

    /// simdjson 3.0 lets the escape of a lone low surrogate pass, as the three bytes ED B0..BF xx.
    static bool has_surrogate(std::string_view text) {
        const char *at = text.data(), *end = at + text.size();
        while ((at = static_cast<const char *>(std::memchr(at, 0xED, size_t(end - at))))) {
            if (++at == end || uint8_t(*at) >= 0xA0) return true;
        }
        return false;
    }

    /// Opens a container; `next` is set by `close`, also on the way out after a fault.
    bool open(uint32_t kind, size_t count, size_t most, int32_t too_many, size_t depth) {
        leaf(kind, count);
        if (depth > limits.max_depth) return fail(CSIMDJSON_DEPTH);
        if (count > most) return fail(too_many);
        return true;
    }

    bool close(uint32_t index, bool good) {
        nodes[index].next = uint32_t(nodes.size());
        return good;
    }

    bool array(dom::array array, size_t depth) {
        uint32_t index = uint32_t(nodes.size());
        if (!open(CSIMDJSON_ARRAY, array.size(), limits.max_elements, CSIMDJSON_TOO_MANY_ELEMENTS, depth)) return false;
        for (dom::element child : array) {
            if (!element(child, depth)) return close(index, false);
        }
        return close(index, true);
    }

    bool object(dom::object object, size_t depth) {
        uint32_t index = uint32_t(nodes.size());
        if (!open(CSIMDJSON_OBJECT, object.size(), limits.max_keys, CSIMDJSON_TOO_MANY_KEYS, depth)) return false;
        for (dom::key_value_pair member : object) {
            if (!string(member.key) || !element(member.value, depth)) return close(index, false);
        }
        close(index, true);
        return unique_keys(index);
    }

    std::string_view text(uint32_t index) const {
        uint64_t value = nodes[index].value;
        return {strings_begin + (value >> 32), uint32_t(value)};
    }

    uint32_t after_member(uint32_t key) const { return nodes[key + 1].next; }

    bool unique_keys(uint32_t object) {
        uint32_t first = object + 1, end = nodes[object].next;
        uint32_t twin = nodes[object].value <= pairwise_keys ? twin_by_pairs(first, end) : twin_by_sorting(first, end);
        if (twin == end) return true;
        // Leave the second of the two keys as the last node, so that its path can be told.
        nodes.resize(twin + 1);
        close(object, false);
        return fail(CSIMDJSON_DUPLICATE_KEY);
    }

    uint32_t twin_by_pairs(uint32_t first, uint32_t end) const {
        for (uint32_t key = first; key != end; key = after_member(key)) {
            for (uint32_t earlier = first; earlier != key; earlier = after_member(earlier)) {
                if (text(earlier) == text(key)) return key;
            }
        }
        return end;
    }

    uint32_t twin_by_sorting(uint32_t first, uint32_t end) {
        sorted.clear();
        for (uint32_t key = first; key != end; key = after_member(key)) sorted.push_back(key);
        std::sort(sorted.begin(), sorted.end(), [this](uint32_t left, uint32_t right) {
            std::string_view one = text(left), other = text(right);
            if (one.size() != other.size()) return one.size() < other.size();
            int order = std::memcmp(one.data(), other.data(), one.size());
            return order != 0 ? order < 0 : left < right;
        });
        uint32_t twin = end;
        for (size_t i = 1; i < sorted.size(); i++) {
            if (sorted[i] < twin && text(sorted[i - 1]) == text(sorted[i])) twin = sorted[i];
        }
        return twin;
    }
};

csimdjson_result failure(int32_t status) {
    csimdjson_result result = {};
    result.status = status;
    return result;
}

csimdjson_limits bounded(csimdjson_limits limits) {
    limits.max_depth = std::min(limits.max_depth, size_t(CSIMDJSON_MAX_DEPTH));
    // simdjson's own count of children stops at 0xFFFFFF.
    limits.max_keys = std::min(limits.max_keys, size_t(CSIMDJSON_MAX_CHILDREN));
    limits.max_elements = std::min(limits.max_elements, size_t(CSIMDJSON_MAX_CHILDREN));
    return limits;
}

csimdjson_result packed(const Flattener &flat) {
    csimdjson_result result = failure(flat.status);
    size_t node_bytes = flat.nodes.size() * sizeof(csimdjson_node);
    auto *block = static_cast<uint8_t *>(std::malloc(node_bytes + flat.strings_count + 1));
    if (!block) return failure(CSIMDJSON_OUT_OF_MEMORY);
    std::memcpy(block, flat.nodes.data(), node_bytes);
    std::memcpy(block + node_bytes, flat.strings_begin, flat.strings_count);
    result.nodes = reinterpret_cast<csimdjson_node *>(block);
    result.node_count = flat.nodes.size();
    result.strings = block + node_bytes;
    result.strings_count = flat.strings_count;
    result.fault = flat.fault;
    return result;
}

}  // namespace

extern "C" csimdjson_result csimdjson_parse(const uint8_t *bytes, size_t count, csimdjson_limits limits) {
    thread_local std::unique_ptr<dom::parser> parser;
    thread_local std::vector<csimdjson_node> nodes;
    // An index and an offset are 32 bits; simdjson's string buffer is at most 5/3 of the input.
    if (count > size_t(1) << 31) return failure(CSIMDJSON_TOO_LARGE);
    if (count == 0) return failure(CSIMDJSON_EMPTY);
    try {
        if (!parser) parser = std::make_unique<dom::parser>();
        dom::element root;
        auto error = parser->parse(bytes, count).get(root);
        csimdjson_result result;
        if (error) {
            result = failure(status_of(error));
        } else {
            nodes.clear();
            nodes.reserve(count / 8 + 16);
            const char *strings = reinterpret_cast<const char *>(parser->doc.string_buf.get());
            Flattener flat(nodes, bounded(limits), strings, std::memchr(bytes, '\\', count) != nullptr);
            flat.element(root, 0);
            result = packed(flat);
        }
        if (count > kept_parser_bytes) {
            parser.reset();
            std::vector<csimdjson_node>().swap(nodes);
        }
        return result;
    } catch (...) {
        // Only memory can run out in here; an exception must not cross into Swift.
        parser.reset();
        return failure(CSIMDJSON_OUT_OF_MEMORY);
    }
}

extern "C" void csimdjson_free(csimdjson_node *nodes) { std::free(nodes); }

// C interface of a small shim over simdjson's DOM parser (libsimdjson 3.0.1).
//
// One call parses, checks the limits and answers one malloc'ed block: an array of nodes in document order and the
// bytes of all strings. Nothing in the block points back into the parser or the input.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a node is. A member of an object is two nodes, its key (a string) and then its value.
enum {
    CSIMDJSON_NULL = 0,
    CSIMDJSON_BOOL = 1,
    CSIMDJSON_INT = 2,
    CSIMDJSON_DOUBLE = 3,
    CSIMDJSON_STRING = 4,
    CSIMDJSON_ARRAY = 5,
    CSIMDJSON_OBJECT = 6,
};

/// Why a document was refused.
enum {
    CSIMDJSON_OK = 0,
    CSIMDJSON_SYNTAX = 1,
    CSIMDJSON_TRAILING = 2,
    CSIMDJSON_EMPTY = 3,
    CSIMDJSON_DEPTH = 4,
    CSIMDJSON_STRING_TOO_LONG = 5,
    CSIMDJSON_TOO_MANY_KEYS = 6,
    CSIMDJSON_TOO_MANY_ELEMENTS = 7,
    CSIMDJSON_DUPLICATE_KEY = 8,
    CSIMDJSON_NUMBER = 9,
    CSIMDJSON_UTF8 = 10,
    CSIMDJSON_NUL = 11,
    CSIMDJSON_TOO_LARGE = 12,
    CSIMDJSON_OUT_OF_MEMORY = 13,
};

/// Depth, keys and elements above these are always refused, whatever the limits say.
enum { CSIMDJSON_MAX_DEPTH = 1000, CSIMDJSON_MAX_CHILDREN = 0xFFFFFE };

typedef struct {
    /// One of CSIMDJSON_NULL ...
    uint32_t kind;
    /// Index of the node after this one and everything in it.
    uint32_t next;
    /// bool: 0 or 1. int: the two's complement bits. double: the IEEE 754 bits. string: offset of its first byte in
    /// the high half, length in bytes in the low half. array and object: number of elements or members.
    uint64_t value;
} csimdjson_node;

typedef struct {
    size_t max_depth;
    size_t max_string_bytes;
    size_t max_keys;
    size_t max_elements;
    /// Whether a string may hold U+0000.
    int allows_nul;
} csimdjson_limits;

typedef struct {
    /// CSIMDJSON_OK or the reason.
    int32_t status;
    /// Node at fault, the last of `nodes`, when the status is about a place in a readable document (nodes != NULL).
    uint32_t fault;
    /// Block for csimdjson_free or NULL. With a fault: the nodes up to it, containers around it closed.
    csimdjson_node *nodes;
    size_t node_count;
    /// UTF-8 of the strings, inside the same block.
    const uint8_t *strings;
    size_t strings_count;
} csimdjson_result;

/// Parses `count` bytes; they are copied, so no padding is needed. Any thread; each keeps one parser.
csimdjson_result csimdjson_parse(const uint8_t *bytes, size_t count, csimdjson_limits limits);

/// Frees the block of a result; NULL is fine.
void csimdjson_free(csimdjson_node *nodes);

#ifdef __cplusplus
}
#endif

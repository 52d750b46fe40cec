// JSON as text: a parser that keeps every number as it was written, and the spelling of strings in
// JSON form 1. Knows nothing of types. (Only user of nlohmann/json in this folder.)
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct JsonNode {
    enum class Kind : std::uint8_t { Null, False, True, Number, Text, Array, Object };
    Kind kind = Kind::Null;
    std::string text;                // Number as written, Text decoded
    std::vector<std::string> names;  // Object: one for each item, in the order written
    std::vector<JsonNode> items;     // Array, Object
};

// RFC 8259, UTF-8, names of an object unique, nesting at most kValueDepthMax. The error is a
// sentence that doesn't quote the text.
std::expected<JsonNode, std::string> parse_json(std::string_view text);

// A JSON string with its quotes: `"` `\` and control characters escaped, all else as it is.
void write_json_string(std::string_view text, std::string& out);
// Compact text of a tree, members in their order, numbers as written.
void write_json(const JsonNode& node, std::string& out);

}  // namespace weft

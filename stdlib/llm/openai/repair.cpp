#include "stdlib/llm/openai/repair.h"

#include <string>

namespace weft::stdlib::llm::openai {

namespace {

std::optional<OrderedJson> parse(std::string_view text) {
    OrderedJson value = OrderedJson::parse(text, nullptr, false);
    if (value.is_discarded()) return {};
    return value;
}

// Calls `see(index, in_string)` for each byte outside escapes.
template <typename See>
void walk(std::string_view text, See&& see) {
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (in_string && text[i] == '\\') {
            ++i;
            continue;
        }
        if (text[i] == '"') in_string = !in_string;
        if (!see(i, in_string)) return;
    }
}

// From the first bracket to the one that closes it; empty when it is never closed.
std::string_view bracketed(std::string_view text) {
    const std::size_t start = text.find_first_of("{[");
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start);
    std::size_t end = 0;
    int depth = 0;
    walk(text, [&](std::size_t i, bool in_string) {
        if (in_string) return true;
        if (text[i] == '{' || text[i] == '[') ++depth;
        if (text[i] == '}' || text[i] == ']') --depth;
        if (depth == 0) end = i + 1;
        return depth > 0;
    });
    return text.substr(0, end);
}

std::string without_trailing_commas(std::string_view text) {
    std::string out;
    std::size_t copied = 0;
    walk(text, [&](std::size_t i, bool in_string) {
        if (in_string || text[i] != ',') return true;
        const std::size_t next = text.find_first_not_of(" \t\r\n", i + 1);
        if (next != std::string_view::npos && (text[next] == '}' || text[next] == ']')) {
            out += text.substr(copied, i - copied);
            copied = i + 1;
        }
        return true;
    });
    out += text.substr(copied);
    return out;
}

}  // namespace

std::optional<OrderedJson> parse_reply(std::string_view text) {
    if (auto value = parse(text)) return value;
    // Fences and prose both stand outside the brackets.
    const std::string_view inner = bracketed(text);
    if (inner.empty()) return {};
    if (auto value = parse(inner)) return value;
    return parse(without_trailing_commas(inner));
}

}  // namespace weft::stdlib::llm::openai

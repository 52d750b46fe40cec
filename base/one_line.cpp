#include "base/one_line.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

namespace weft {
namespace {

struct Shown {
    std::size_t bytes = 1;
    std::optional<std::uint32_t> hidden = {};  // the character that has to be escaped
};

Shown look(std::string_view text) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const std::uint32_t first = byte(0);
    if (first < 0x20 || first == 0x7F) return {1, first};
    if (first == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return {2, byte(1)};
    if (first != 0xE2 || (byte(1) & 0xC0U) != 0x80 || (byte(2) & 0xC0U) != 0x80) return {};
    const std::uint32_t point = 0x2000U | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
    const bool is_hidden = point == 0x200E || point == 0x200F ||
                           (point >= 0x2028 && point <= 0x202E) ||
                           (point >= 0x2066 && point <= 0x2069);
    return is_hidden ? Shown{3, point} : Shown{};
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto [bytes, hidden] = look(text);
        if (!hidden) {
            out += text.substr(0, bytes);
        } else if (hidden == '\n') {
            out += "\\n";
        } else if (hidden == '\t') {
            out += "\\t";
        } else {
            out += fmt::format("\\u{{{:x}}}", *hidden);
        }
        text.remove_prefix(bytes);
    }
    return out;
}

bool is_one_line(std::string_view text) {
    while (!text.empty()) {
        const auto [bytes, hidden] = look(text);
        if (hidden) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

}  // namespace weft

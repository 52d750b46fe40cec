#include "weft/markup.h"

namespace weft {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// How one character is written; empty: as it is.
std::string_view reference(char c, MarkupPlace place) {
    bool in_attribute = place == MarkupPlace::Attribute;
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        case '\n':
            return in_attribute ? "&#10;" : "";
        case '\t':
            return in_attribute ? "&#9;" : "";
        case '\r':
            return "&#13;";
        default:
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? kReplacement : "";
    }
}

}  // namespace

std::string escape_markup(std::string_view text, MarkupPlace place) {
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (auto written = reference(c, place); !written.empty()) {
            out += written;
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace weft

#include "base/bytes.h"

namespace weft {

std::string to_hex(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out(bytes.size() * 2, '\0');
    std::size_t at = 0;
    for (char c : bytes) {
        auto b = static_cast<unsigned char>(c);
        out[at++] = kDigits[b >> 4];
        out[at++] = kDigits[b & 15];
    }
    return out;
}

bool from_hex(std::string_view text, std::string& out) {
    auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0) return false;
    out.clear();
    for (std::size_t i = 0; i < text.size(); i += 2) {
        int high = digit(text[i]);
        int low = digit(text[i + 1]);
        if (high < 0 || low < 0) return false;
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return true;
}

}  // namespace weft

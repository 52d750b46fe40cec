#include "helper/docs/text.h"

#include <iconv.h>

#include <array>
#include <cstdint>

namespace weft::helper {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// 0x80 to 0x9F of Windows-1252; the five holes stay control characters and are dropped later.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

// U+FB00 to U+FB06.
constexpr std::array<std::string_view, 7> kLigatures = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};

unsigned byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

bool is_space(char32_t c) {
    return c == ' ' || c == '\t' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

// Shown as nothing: controls, soft hyphen, zero width, direction marks, byte order mark, tags.
bool is_invisible(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xE0000 && c <= 0xE007F);
}

std::string from_utf16(std::string_view bytes, bool big) {
    std::string out;
    const auto unit = [&](std::size_t i) -> char32_t {
        const unsigned a = byte_at(bytes, i);
        const unsigned b = byte_at(bytes, i + 1);
        return big ? (a << 8U | b) : (b << 8U | a);
    };
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        char32_t c = unit(i);
        if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size()) {
            const char32_t low = unit(i + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00);
                i += 2;
            }
        }
        append_utf8(out, c >= 0xD800 && c < 0xE000 ? kReplacement : c);
    }
    return out;
}

std::string from_windows_1252(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned c = byte_at(bytes, i);
        append_utf8(out, c >= 0x80 && c < 0xA0 ? kWindows1252[c - 0x80] : c);
    }
    return out;
}

}  // namespace

void append_utf8(std::string& out, char32_t code) {
    const auto put = [&out](char32_t v) { out.push_back(static_cast<char>(v)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6U);
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12U);
        put(0x80 | (code >> 6U & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | code >> 18U);
        put(0x80 | (code >> 12U & 0x3F));
        put(0x80 | (code >> 6U & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

char32_t next_code(std::string_view text, std::size_t& at) {
    const unsigned lead = byte_at(text, at++);
    if (lead < 0x80) return lead;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4) return kReplacement;
    char32_t code = lead & (0x3FU >> static_cast<unsigned>(more));
    std::size_t i = at;
    for (int n = 0; n < more; ++n, ++i) {
        if (i >= text.size() || (byte_at(text, i) & 0xC0U) != 0x80) return kReplacement;
        code = code << 6U | (byte_at(text, i) & 0x3FU);
    }
    constexpr std::array<char32_t, 4> kLeast = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[static_cast<std::size_t>(more)] || code > 0x10FFFF ||
        (code >= 0xD800 && code < 0xE000)) {
        return kReplacement;
    }
    at = i;
    return code;
}

bool is_utf8(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t before = i;
        // A real U+FFFD takes three bytes, a mistake one.
        if (next_code(bytes, i) == kReplacement && i - before == 1) return false;
    }
    return true;
}

std::string decode_file(std::string_view bytes, std::string& charset) {
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
        charset = "utf-16";
        return from_utf16(bytes.substr(2), bytes[0] == '\xFE');
    }
    if (is_utf8(bytes)) {
        charset = "utf-8";
        return std::string(bytes);
    }
    charset = "windows-1252";
    return from_windows_1252(bytes);
}

std::optional<std::string> from_charset(std::string_view bytes, const std::string& charset) {
    if (charset.empty()) return {};
    const iconv_t converter = ::iconv_open("UTF-8", charset.c_str());
    // The library's own sign of failure.
    if (reinterpret_cast<std::intptr_t>(converter) == -1) return {};
    // No character set that it knows takes more than four bytes of UTF-8 for one of its own.
    std::string out(bytes.size() * 4 + 16, '\0');
    std::string in(bytes);
    char* from = in.data();
    char* to = out.data();
    std::size_t from_left = in.size();
    std::size_t to_left = out.size();
    const std::size_t bad = ::iconv(converter, &from, &from_left, &to, &to_left);
    ::iconv_close(converter);
    if (bad == static_cast<std::size_t>(-1)) return {};
    out.resize(out.size() - to_left);
    return out;
}

std::string clean(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '\r') {
            ++i;
            if (i >= text.size() || text[i] != '\n') out += '\n';
            continue;
        }
        const char32_t c = next_code(text, i);
        if (c == '\n' || c == 0x2028 || c == 0x2029 || c == 0x85 || c == 0x0C) {
            out += '\n';
        } else if (is_space(c)) {
            out += ' ';
        } else if (c >= 0xFB00 && c <= 0xFB06) {
            out += kLigatures[c - 0xFB00];
        } else if (!is_invisible(c)) {
            append_utf8(out, c);
        }
    }
    return out;
}

std::string one_line(std::string_view text) {
    std::string out;
    bool space = false;
    for (const char c : clean(text)) {
        if (c == ' ' || c == '\n') {
            space = true;
            continue;
        }
        if (space && !out.empty()) out += ' ';
        space = false;
        out += c;
    }
    return out;
}

std::string lines_of(std::string_view text) {
    const std::string cleaned = clean(text);
    std::string out;
    for (std::size_t at = 0; at < cleaned.size();) {
        std::size_t end = cleaned.find('\n', at);
        if (end == std::string::npos) end = cleaned.size();
        std::string_view line = std::string_view(cleaned).substr(at, end - at);
        at = end + 1;
        const std::size_t last = line.find_last_not_of(' ');
        // No block may hold the blank line that parts two blocks.
        if (last == std::string_view::npos) continue;
        if (!out.empty()) out += '\n';
        out += line.substr(0, last + 1);
    }
    return out;
}

std::string lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool ends_with_folded(std::string_view text, std::string_view ending) {
    return lower_ascii(text).ends_with(ending);
}

}  // namespace weft::helper

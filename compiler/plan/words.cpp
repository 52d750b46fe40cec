#include "compiler/plan/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::plan {

std::string words(std::string_view name) {
    std::string out(name);
    std::ranges::replace(out, '_', ' ');
    return out;
}

std::string type_words(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !out.empty() && out.back() != ' ') out += ' ';
        out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string title(std::string_view name) {
    auto out = words(name);
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') {
        out[0] = static_cast<char>(out[0] - 'a' + 'A');
    }
    return out;
}

std::string duration(std::int64_t ms) {
    struct Unit {
        std::int64_t ms;
        std::string_view name;
    };
    static constexpr std::array<Unit, 5> kUnits = {{{86'400'000, "day"},
                                                    {3'600'000, "hour"},
                                                    {60'000, "minute"},
                                                    {1'000, "second"},
                                                    {1, "millisecond"}}};
    std::string out;
    int parts = 0;
    for (const auto& unit : kUnits) {
        const auto count = ms / unit.ms;
        if (count == 0 || parts == 2) continue;
        ms -= count * unit.ms;
        ++parts;
        out += fmt::format("{}{} {}{}", out.empty() ? "" : " ", count, unit.name,
                           count == 1 ? "" : "s");
    }
    return out.empty() ? "no time" : out;
}

std::string listed(const std::vector<std::string>& items, std::string_view last) {
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += i + 1 == items.size() ? fmt::format(" {} ", last) : ", ";
        out += items[i];
    }
    return out;
}

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_word(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

// `a.b` of values; the function in `a.b(…)` stays as it is called.
bool is_field(std::string_view text, std::size_t dot) {
    if (dot == 0 || dot + 1 >= text.size()) return false;
    if (!is_letter(text[dot + 1]) || !(is_word(text[dot - 1]) || text[dot - 1] == ')'))
        return false;
    std::size_t end = dot + 1;
    while (end < text.size() && is_word(text[end])) ++end;
    return end == text.size() || text[end] != '(';
}

struct Sign {
    std::string_view sign;
    std::string_view words;
};
constexpr std::array<Sign, 7> kSigns = {{{" >= ", " at least "},
                                         {" <= ", " at most "},
                                         {" == ", " is "},
                                         {" != ", " is not "},
                                         {" > ", " more than "},
                                         {" < ", " less than "},
                                         {" ?? ", " or else "}}};

}  // namespace

std::string phrase(std::string_view text) {
    std::string out;
    bool quoted = false;
    bool in_hole = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') quoted = !quoted;
        if (quoted && text.substr(i).starts_with("${")) {
            in_hole = true;
            out += '[';
            ++i;
            continue;
        }
        if (in_hole && c == '}') {
            in_hole = false;
            out += ']';
            continue;
        }
        if (quoted && !in_hole) {
            out += c;
            continue;
        }
        const auto sign = std::ranges::find_if(
            kSigns, [&](const Sign& one) { return text.substr(i).starts_with(one.sign); });
        if (sign != kSigns.end()) {
            out += sign->words;
            i += sign->sign.size() - 1;
        } else if (c == '.' && is_field(text, i)) {
            out += "'s ";
        } else {
            const bool in_number = c == '_' && i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9';
            if (!in_number) out += c == '_' ? ' ' : c;
        }
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t most) {
    std::string out;
    for (const char c : text) {
        const bool blank = c == '\n' || c == '\t' || c == ' ';
        if (blank && (out.empty() || out.back() == ' ')) continue;
        out += blank ? ' ' : c;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    if (out.size() <= most) return out;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
    return out.substr(0, end) + "…";
}

}  // namespace weft::plan

#include "engine/exact_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace weft {
namespace {

// Drawn once a process: no text from elsewhere can be taken for a hidden number.
const std::string& mark() {
    static const std::string text = [] {
        std::random_device random;
        return fmt::format("\"#{:08x}{:08x}{:08x}{:08x}:", random(), random(), random(), random());
    }();
    return text;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool belongs_to_number(char c) {
    return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

// Whether it is a number of JSON; any other token is left for the parser to refuse.
bool is_number(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const std::size_t whole = skip_digits(text, at);
    if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
    at = whole;
    if (at < text.size() && text[at] == '.') {
        const std::size_t fraction = skip_digits(text, at + 1);
        if (fraction == at + 1) return false;
        at = fraction;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        const std::size_t exponent = skip_digits(text, at);
        if (exponent == at) return false;
        at = exponent;
    }
    return at == text.size();
}

// Fifteen digits survive a double, 18 a 64-bit integer.
bool survives(std::string_view number) {
    constexpr std::size_t kIntegerDigitsMax = 18;
    constexpr std::size_t kDoubleDigitsMax = 15;
    if (number.find_first_of("eE") != std::string_view::npos) return false;
    const auto digits = static_cast<std::size_t>(std::ranges::count_if(number, is_digit));
    return digits <= (number.contains('.') ? kDoubleDigitsMax : kIntegerDigitsMax);
}

std::size_t text_end(std::string_view json, std::size_t at) {
    for (++at; at < json.size() && json[at] != '"'; ++at) {
        if (json[at] == '\\') ++at;
    }
    return std::min(at + 1, json.size());
}

}  // namespace

std::string hide_numbers(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        std::size_t end = at + 1;
        if (json[at] == '"') {
            end = text_end(json, at);
        } else if (is_digit(json[at]) || json[at] == '-') {
            while (end < json.size() && belongs_to_number(json[end])) ++end;
            const auto token = json.substr(at, end - at);
            if (!survives(token) && is_number(token)) {
                out += mark();
                out += token;
                out += '"';
                at = end;
                continue;
            }
        }
        out += json.substr(at, end - at);
        at = end;
    }
    return out;
}

std::string reveal_numbers(std::string json) {
    std::size_t found = json.find(mark());
    if (found == std::string::npos) return json;
    std::string out;
    std::size_t from = 0;
    for (; found != std::string::npos; found = json.find(mark(), from)) {
        out.append(json, from, found - from);
        const std::size_t number = found + mark().size();
        const std::size_t end = json.find('"', number);
        out.append(json, number, end - number);
        from = end + 1;
    }
    return out.append(json, from);
}

}  // namespace weft

#include "value/shapes.h"

#include <algorithm>

#include "value/ascii.h"

namespace weft {

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_domain_label(std::string_view label) {
    constexpr std::size_t kLabelMax = 63;
    if (label.empty() || label.size() > kLabelMax) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    return std::all_of(label.begin(), label.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_local_character(char c) {
    constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~.";
    return is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
}

bool is_url_character(char c) {
    constexpr std::string_view kRefused = "\"<>\\^`{|}";
    return c > ' ' && c < '\x7f' && kRefused.find(c) == std::string_view::npos;
}

}  // namespace

bool is_email(std::string_view text) {
    constexpr std::size_t kLocalMax = 64;
    constexpr std::size_t kWholeMax = 254;
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || text.size() > kWholeMax) return false;
    const auto local = text.substr(0, at);
    auto domain = text.substr(at + 1);
    if (local.empty() || local.size() > kLocalMax) return false;
    if (local.front() == '.' || local.back() == '.') return false;
    if (local.find("..") != std::string_view::npos) return false;
    if (!std::all_of(local.begin(), local.end(), is_local_character)) return false;
    if (domain.find('.') == std::string_view::npos) return false;
    while (true) {
        const auto dot = domain.find('.');
        if (!is_domain_label(domain.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        domain.remove_prefix(dot + 1);
    }
}

bool is_url(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return false;
    const auto scheme = text.substr(0, colon);
    const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
    const auto rest = text.substr(colon + 3);
    // A name before an @ and a port behind a colon are no host.
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    const auto host = authority.substr(authority.rfind('@') + 1);
    return plain && !host.empty() && host.front() != ':' &&
           std::all_of(rest.begin(), rest.end(), is_url_character);
}

bool is_hex(std::string_view text, std::size_t count) {
    return text.size() == count && std::all_of(text.begin(), text.end(), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f');
           });
}

}  // namespace weft

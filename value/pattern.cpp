#include "value/pattern.h"

#include <re2/re2.h>

#include <map>
#include <memory>

namespace weft {

namespace {

re2::RE2::Options options() {
    re2::RE2::Options out;
    out.set_log_errors(false);
    return out;
}

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

// "(?…" at `i`: whether its flags hold the letter i.
bool folds_case(std::string_view pattern, std::size_t i) {
    if (pattern.substr(i, 2) != "(?") return false;
    for (i += 2; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == 'i') return true;
        if (c != 'm' && c != 's' && c != 'U' && c != '-') return false;
    }
    return false;
}

std::optional<std::string> refused_syntax(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (folds_case(pattern, i)) {
            return "the flag `i` isn't taken; write both letters, as in `[Aa]`";
        }
        if (pattern[i] != '\\' || i + 1 == pattern.size()) continue;
        const char c = pattern[++i];
        if (c == 'p' || c == 'P' || c == 'C' || c == 'Q') {
            return std::string("`\\") + c + "` isn't taken in a pattern";
        }
    }
    return std::nullopt;
}

// Compiling costs a thousand times a match, and a program has few patterns. Cleared when full: a
// hostile image may hold any number of them.
const re2::RE2* compiled(std::string_view pattern) {
    constexpr std::size_t kCachedMax = 256;
    thread_local std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> cache;
    auto found = cache.find(pattern);
    if (found == cache.end()) {
        if (cache.size() >= kCachedMax) cache.clear();
        std::unique_ptr<re2::RE2> regex;
        if (!refused_syntax(pattern)) {
            regex = std::make_unique<re2::RE2>(piece(pattern), options());
        }
        found = cache.emplace(std::string(pattern), std::move(regex)).first;
    }
    const auto* regex = found->second.get();
    return regex != nullptr && regex->ok() ? regex : nullptr;
}

}  // namespace

std::optional<std::string> pattern_problem(std::string_view pattern) {
    if (auto refused = refused_syntax(pattern)) return refused;
    const re2::RE2 regex(piece(pattern), options());
    if (!regex.ok()) return regex.error();
    return std::nullopt;
}

bool pattern_matches(std::string_view pattern, std::string_view text) {
    const auto* regex = compiled(pattern);
    return regex != nullptr && re2::RE2::FullMatch(piece(text), *regex);
}

}  // namespace weft

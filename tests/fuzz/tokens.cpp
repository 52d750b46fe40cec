#include "tests/fuzz/tokens.h"

#include <algorithm>
#include <array>
#include <optional>

namespace weft::fuzz {
namespace {

enum class Kind : std::uint8_t { Name, Number, Text, Mark, End };  // End: of a line

struct Token {
    Kind kind = Kind::Mark;
    std::string space;  // before it
    std::string text;
};

using Tokens = std::vector<Token>;

struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;  // behind the last one
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word(char c) {
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Tokens tokens_of(std::string_view text) {
    Tokens out;
    std::size_t at = 0;
    while (at < text.size()) {
        Token token;
        const auto word = text.find_first_not_of(" \t\r", at);
        token.space = text.substr(at, word - at);
        if (word == std::string_view::npos) break;
        std::size_t end = word + 1;
        const char c = text[word];
        if (c == '\n') {
            token.kind = Kind::End;
        } else if (is_word(c)) {
            token.kind = is_digit(c) ? Kind::Number : Kind::Name;
            while (end < text.size() && (is_word(text[end]) || (is_digit(c) && text[end] == '.'))) {
                ++end;
            }
        } else if (c == '"') {
            token.kind = Kind::Text;
            while (end < text.size() && text[end] != '"' && text[end] != '\n') {
                end += text[end] == '\\' ? 2U : 1U;
            }
            ++end;
        } else if (text.substr(word, 2) == "//") {
            end = std::min(text.find('\n', word), text.size());
        } else {
            static constexpr std::array<std::string_view, 8> kPairs = {
                "->", "=>", "==", "!=", "<=", ">=", "..", "??"};
            if (std::ranges::find(kPairs, text.substr(word, 2)) != kPairs.end()) ++end;
        }
        end = std::min(end, text.size());
        token.text = text.substr(word, end - word);
        out.push_back(std::move(token));
        at = end;
    }
    return out;
}

std::string text_of(const Tokens& tokens) {
    std::string out;
    for (const auto& token : tokens) out += token.space + token.text;
    return out;
}

// Of the bracket that closes the one at `open`.
std::optional<std::size_t> closing(const Tokens& tokens, std::size_t open) {
    static constexpr std::string_view kOpen = "([{";
    static constexpr std::string_view kClose = ")]}";
    int depth = 0;
    for (std::size_t i = open; i < tokens.size(); ++i) {
        if (tokens[i].kind != Kind::Mark || tokens[i].text.size() != 1) continue;
        if (kOpen.find(tokens[i].text[0]) != std::string_view::npos) ++depth;
        if (kClose.find(tokens[i].text[0]) != std::string_view::npos && --depth == 0) return i;
    }
    return std::nullopt;
}

class Change {
  public:
    Change(Tokens& tokens, const Tokens& donor, Random& random)
        : tokens_(tokens), donor_(donor), random_(random) {}

    void make() {
        if (tokens_.empty() || donor_.empty()) return;
        switch (random_.below(11)) {
            case 0:
            case 1:
                return other_word();
            case 2:
                return edge_number();
            case 3:
                return rename();
            case 4:
                return other_group();
            case 5:
                return call();
            case 6:
                return take_words();
            case 7:
                return erase(statement(tokens_));
            case 8:
                return insert(tokens_, statement(tokens_));
            case 9:
                return insert(donor_, statement(donor_));
            default:
                return exchange();
        }
    }

  private:
    // A token of that kind, and with that text if one is given.
    std::optional<std::size_t> find(const Tokens& in, Kind kind, std::string_view text = {}) {
        const auto from = random_.below(in.size());
        for (std::size_t i = 0; i < in.size(); ++i) {
            const auto at = (from + i) % in.size();
            if (in[at].kind == kind && (text.empty() || in[at].text == text)) return at;
        }
        return std::nullopt;
    }

    void other_word() {
        auto& token = tokens_[random_.below(tokens_.size())];
        const Tokens& from = random_.below(2) == 0 ? tokens_ : donor_;
        if (const auto other = find(from, token.kind)) token.text = from[*other].text;
    }

    void edge_number() {
        static constexpr std::array<std::string_view, 10> kEdges = {"0",
                                                                    "1",
                                                                    "9223372036854775807",
                                                                    "9223372036854775808",
                                                                    "0.1",
                                                                    "1h",
                                                                    "365d",
                                                                    "0s",
                                                                    "0.00000000000000000001",
                                                                    "1_000_000"};
        if (const auto at = find(tokens_, Kind::Number)) {
            tokens_[*at].text = kEdges[random_.below(kEdges.size())];
        }
    }

    void rename() {
        const auto one = find(tokens_, Kind::Name);
        const auto other = find(tokens_, Kind::Name);
        if (!one || !other) return;
        const std::string from = tokens_[*one].text;
        const std::string to = tokens_[*other].text;
        for (auto& token : tokens_) {
            if (token.kind == Kind::Name && token.text == from) token.text = to;
        }
    }

    std::optional<Range> group(const Tokens& in, std::string_view bracket) {
        const auto open = find(in, Kind::Mark, bracket);
        if (!open) return std::nullopt;
        const auto close = closing(in, *open);
        if (!close) return std::nullopt;
        return Range{*open, *close + 1};
    }

    void other_group() {
        static constexpr std::array<std::string_view, 3> kBrackets = {"(", "[", "{"};
        const auto bracket = kBrackets[random_.below(3)];
        const Tokens from = random_.below(2) == 0 ? tokens_ : donor_;
        const auto mine = group(tokens_, bracket);
        const auto other = group(from, bracket);
        if (mine && other) replace(*mine, from, *other);
    }

    // A call, or whatever a name and a group in brackets are, in the place of a value.
    void call() {
        const auto other = group(donor_, "(");
        auto at = find(tokens_, random_.below(2) == 0 ? Kind::Name : Kind::Number);
        if (!other || !at) return;
        Range range = *other;
        if (range.begin > 0 && donor_[range.begin - 1].kind == Kind::Name) --range.begin;
        replace({*at, *at + 1}, donor_, range);
    }

    void take_words() {
        const auto at = random_.below(tokens_.size());
        erase({at, std::min(tokens_.size(), at + 1 + random_.below(3))});
    }

    // A line, and with it the block that it opens.
    Range statement(const Tokens& in) {
        Range out;
        const auto some = random_.below(in.size());
        out.begin = some;
        while (out.begin > 0 && in[out.begin - 1].kind != Kind::End) --out.begin;
        out.end = some;
        while (out.end < in.size() && in[out.end].kind != Kind::End) {
            const auto close = in[out.end].text == "{" ? closing(in, out.end) : std::nullopt;
            out.end = close.value_or(out.end) + 1;
        }
        out.end = std::min(out.end + 1, in.size());
        return out;
    }

    void exchange() {
        const auto one = random_.below(tokens_.size());
        const auto other = find(tokens_, tokens_[one].kind);
        if (other) std::swap(tokens_[one].text, tokens_[*other].text);
    }

    void erase(Range range) {
        tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(range.begin),
                      tokens_.begin() + static_cast<std::ptrdiff_t>(range.end));
    }

    void insert(const Tokens& from, Range range) {
        const auto at = statement(tokens_).end;
        replace({at, at}, from, range);
    }

    void replace(Range range, const Tokens& from, Range with) {
        const Tokens part(from.begin() + static_cast<std::ptrdiff_t>(with.begin),
                          from.begin() + static_cast<std::ptrdiff_t>(with.end));
        erase(range);
        tokens_.insert(tokens_.begin() + static_cast<std::ptrdiff_t>(range.begin), part.begin(),
                       part.end());
    }

    Tokens& tokens_;
    const Tokens& donor_;
    Random& random_;
};

}  // namespace

std::string mutate_tokens(std::string_view text, const std::vector<std::string>& seeds,
                          Random& random) {
    auto tokens = tokens_of(text);
    const auto donor = tokens_of(seeds[random.below(seeds.size())]);
    const auto changes = 1 + random.below(6);
    for (std::size_t i = 0; i < changes; ++i) Change(tokens, donor, random).make();
    return text_of(tokens);
}

}  // namespace weft::fuzz

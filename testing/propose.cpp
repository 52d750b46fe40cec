// A text for a pattern, read from left to right: the first alternative, the least count, the first
// character of a class.
#include "testing/smallest.h"

namespace weft::test {
namespace {

class Proposal {
  public:
    explicit Proposal(std::string_view pattern) : pattern_(pattern) {}

    std::string alternatives() {
        std::string first = sequence();
        while (take('|')) sequence();
        return first;
    }

  private:
    std::string sequence() {
        std::string out;
        while (at_ < pattern_.size() && pattern_[at_] != '|' && pattern_[at_] != ')') {
            const std::string one = atom();
            for (std::size_t times = count(); times > 0; --times) out += one;
        }
        return out;
    }

    std::string atom() {
        const char c = pattern_[at_++];
        switch (c) {
            case '(':
                return group();
            case '[':
                return std::string(1, character_class());
            case '\\':
                return escape();
            case '.':
                return "x";
            case '^':
            case '$':
                return "";
            default:
                return std::string(1, c);
        }
    }

    std::string group() {
        if (take('?')) {
            while (at_ < pattern_.size() && pattern_[at_] != ':' && pattern_[at_] != '>' &&
                   pattern_[at_] != ')') {
                ++at_;
            }
            if (at_ < pattern_.size() && pattern_[at_] != ')') ++at_;
        }
        std::string inside = alternatives();
        take(')');
        return inside;
    }

    static char of_escape(char c) {
        switch (c) {
            case 'd':
                return '0';
            case 'w':
                return 'x';
            case 's':
                return ' ';
            case 'D':
            case 'S':
                return 'x';
            case 'W':
                return '-';
            case 'n':
                return '\n';
            case 't':
                return '\t';
            default:
                return c;
        }
    }

    std::string escape() {
        if (at_ >= pattern_.size()) return "";
        const char c = pattern_[at_++];
        if (c == 'b' || c == 'A' || c == 'z') return "";
        return std::string(1, of_escape(c));
    }

    // The first character that stands in it; of a negated one something that rarely does.
    char character_class() {
        const bool negated = take('^');
        char first = '\0';
        std::string seen;
        for (bool begun = false; at_ < pattern_.size(); begun = true) {
            char c = pattern_[at_++];
            if (c == ']' && begun) break;
            if (c == '\\' && at_ < pattern_.size()) c = of_escape(pattern_[at_++]);
            if (!begun) first = c;
            seen += c;
        }
        if (!negated) return first;
        for (char c : std::string("xX0_~")) {
            if (seen.find(c) == std::string::npos) return c;
        }
        return first;
    }

    // How often the atom before is needed.
    std::size_t count() {
        std::size_t out = 1;
        if (take('*') || take('?')) {
            out = 0;
        } else if (take('+')) {
            out = 1;
        } else if (at_ < pattern_.size() && pattern_[at_] == '{') {
            std::size_t end = pattern_.find('}', at_);
            if (end == std::string_view::npos) return 1;
            out = 0;
            for (std::size_t i = at_ + 1; i < end && pattern_[i] >= '0' && pattern_[i] <= '9';
                 ++i) {
                out = out * 10 + static_cast<std::size_t>(pattern_[i] - '0');
            }
            at_ = end + 1;
            constexpr std::size_t kCountMax = 1000;  // what RE2 takes
            if (out > kCountMax) out = kCountMax;
        }
        take('?');
        return out;
    }

    bool take(char c) {
        if (at_ >= pattern_.size() || pattern_[at_] != c) return false;
        ++at_;
        return true;
    }

    std::string_view pattern_;
    std::size_t at_ = 0;
};

}  // namespace

std::string propose_match(std::string_view pattern) {
    return Proposal(pattern).alternatives();
}

}  // namespace weft::test

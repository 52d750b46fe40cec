#include "helper/docs/pdf_edges.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace weft::helper {
namespace {

constexpr double kEdgeShare = 0.12;     // of the page's height, at each end
constexpr std::size_t kEdgeLevels = 2;  // at each end
constexpr std::size_t kRepeatsMin = 3;

bool is_roman(std::string_view word) {
    return !word.empty() && word.find_first_not_of("ivxlc") == std::string_view::npos;
}

// The text with each number as one '#', and at which height it stands: left and right pages differ
// in x. A word at either end may be a number in Roman figures.
std::string signature(const Level& level, bool top) {
    const std::string text = level.joined().text;
    std::string_view middle = text;
    if (const std::size_t last = text.rfind(' ') + 1; last > 0 && is_roman(middle.substr(last))) {
        middle = middle.substr(0, last);
    }
    if (const std::size_t first = middle.find(' ');
        first != std::string_view::npos && is_roman(middle.substr(0, first))) {
        middle.remove_prefix(first);
    }
    std::string out = top ? "^" : "$";
    out += std::to_string(std::lround((level.y0 + level.y1) / 8)) + ' ';
    bool number = middle.size() < text.size();
    if (number) out += '#';
    for (const char c : middle) {
        const bool digit = c >= '0' && c <= '9';
        if (digit && !number) out += '#';
        if (!digit && c != ' ') out += c;
        if (c != ' ') number = digit;
    }
    return out;
}

bool is_page_number(std::string_view text) {
    if (text.empty() || text.size() > 9) return false;
    const auto only = [text](std::string_view set) {
        return text.find_first_not_of(set) == std::string_view::npos;
    };
    return only("0123456789 -/") || is_roman(text);
}

bool at_edge(const Level& level, double height, bool top) {
    return top ? level.y1<kEdgeShare * height : level.y0>(1 - kEdgeShare) * height;
}

// Calls `take(level, top)` for each level that stands where a header or footer may.
template <typename Take>
void for_edges(const std::vector<Level>& levels, double height, const Take& take) {
    const std::size_t count = std::min(kEdgeLevels, levels.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (at_edge(levels[i], height, true)) take(i, true);
        const std::size_t last = levels.size() - 1 - i;
        if (at_edge(levels[last], height, false)) take(last, false);
    }
}

// The number at the start or at the end of a running header, less the page's place in the file: the
// same on all pages, whatever section title stands beside it. Nothing: there is no number.
std::vector<long> page_offsets(const Level& level, std::size_t page) {
    const std::string text = level.joined().text;
    std::vector<long> out;
    const std::size_t first = std::min(text.find(' '), text.size());
    const std::size_t last = text.rfind(' ') + 1;
    for (const auto& word : {text.substr(0, first), text.substr(last)}) {
        if (word.empty() || word.size() > 5) continue;
        if (word.find_first_not_of("0123456789") != std::string::npos) continue;
        out.push_back(std::stol(word) - static_cast<long>(page));
    }
    return out;
}

}  // namespace

void drop_edges(const std::vector<PdfPage>& pages, std::vector<std::vector<Level>>& levels) {
    std::map<std::string, std::size_t> repeats;
    std::map<std::pair<bool, long>, std::size_t> offsets;
    for (std::size_t p = 0; p < pages.size(); ++p) {
        for_edges(levels[p], pages[p].height,
                  [&](std::size_t i, bool top) { ++repeats[signature(levels[p][i], top)]; });
    }
    // A table that goes on over pages may count as well, but not over so many.
    const std::size_t numbered_min = std::max(kRepeatsMin, pages.size() / 4);
    for (std::size_t p = 0; p < pages.size(); ++p) {
        std::vector<std::size_t> dropped;
        for_edges(levels[p], pages[p].height, [&](std::size_t i, bool top) {
            const auto numbered = page_offsets(levels[p][i], p);
            const bool counts = std::ranges::any_of(
                numbered, [&](long offset) { return offsets[{top, offset}] >= numbered_min; });
            if (counts || repeats[signature(levels[p][i], top)] >= kRepeatsMin ||
                (pages.size() > 1 && is_page_number(levels[p][i].joined().text))) {
                dropped.push_back(i);
            }
        });
        std::ranges::sort(dropped, std::greater<>());
        for (const std::size_t i : dropped) {
            levels[p].erase(levels[p].begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

}  // namespace weft::helper

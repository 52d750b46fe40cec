#include "helper/docs/pdf_edges.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace weft::helper {
namespace {

constexpr double kEdgeShare = 0.12;     // of the page's height, at each end
constexpr std::size_t kEdgeLevels = 2;  // at each end
constexpr std::size_t kRepeatsMin = 3;

// The text with each number as one '#', and where it stands: left and right pages differ in x only.
std::string signature(const Level& level, bool top) {
    std::string out = top ? "^" : "$";
    out += std::to_string(std::lround((level.y0 + level.y1) / 8)) + ' ';
    bool number = false;
    for (const char c : level.joined().text) {
        const bool digit = c >= '0' && c <= '9';
        if (digit && !number) out += '#';
        if (!digit) out += c;
        number = digit;
    }
    return out;
}

bool is_page_number(std::string_view text) {
    if (text.empty() || text.size() > 9) return false;
    const auto only = [text](std::string_view set) {
        return text.find_first_not_of(set) == std::string_view::npos;
    };
    return only("0123456789 -/") || only("ivxlc");
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

}  // namespace

void drop_edges(const std::vector<PdfPage>& pages, std::vector<std::vector<Level>>& levels) {
    std::map<std::string, std::size_t> repeats;
    for (std::size_t p = 0; p < pages.size(); ++p) {
        for_edges(levels[p], pages[p].height,
                  [&](std::size_t i, bool top) { ++repeats[signature(levels[p][i], top)]; });
    }
    for (std::size_t p = 0; p < pages.size(); ++p) {
        std::vector<std::size_t> dropped;
        for_edges(levels[p], pages[p].height, [&](std::size_t i, bool top) {
            if (repeats[signature(levels[p][i], top)] >= kRepeatsMin ||
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

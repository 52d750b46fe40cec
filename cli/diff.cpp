#include "cli/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft::cli {
namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kCellsMax = 64ULL << 20U;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        auto end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

struct Line {
    char sign = ' ';
    std::string_view text;
    std::size_t before = 0;  // lines of each side that stand before it
    std::size_t after = 0;
};

using Lines = std::vector<std::string_view>;

// The middle of two texts whose ends are equal, by the longest common subsequence. When the table
// would be too large, everything is taken out and put in: correct, only less helpful.
void diff_middle(const Lines& a, const Lines& b, std::size_t a0, std::size_t a1, std::size_t b0,
                 std::size_t b1, std::vector<Line>& out) {
    std::size_t rows = a1 - a0;
    std::size_t columns = b1 - b0;
    std::vector<std::uint32_t> common;
    bool fits = (rows + 1) <= kCellsMax / (columns + 1);
    auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& {
        return common[i * (columns + 1) + j];
    };
    if (fits) {
        common.assign((rows + 1) * (columns + 1), 0);
        for (std::size_t i = rows; i-- > 0;) {
            for (std::size_t j = columns; j-- > 0;) {
                cell(i, j) = a[a0 + i] == b[b0 + j] ? cell(i + 1, j + 1) + 1
                                                    : std::max(cell(i + 1, j), cell(i, j + 1));
            }
        }
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows || j < columns) {
        std::size_t before = a0 + i;
        std::size_t after = b0 + j;
        bool both = i < rows && j < columns;
        if (both && fits && a[before] == b[after]) {
            out.push_back({' ', a[before], before, after});
            ++i;
            ++j;
        } else if (i < rows && (!both || !fits || cell(i + 1, j) >= cell(i, j + 1))) {
            out.push_back({'-', a[before], before, after});
            ++i;
        } else {
            out.push_back({'+', b[after], before, after});
            ++j;
        }
    }
}

std::vector<Line> diff_lines(const Lines& a, const Lines& b) {
    std::size_t head = 0;
    while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
    std::size_t tail = 0;
    while (tail < a.size() - head && tail < b.size() - head &&
           a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
        ++tail;
    }
    std::vector<Line> out;
    for (std::size_t i = 0; i < head; ++i) out.push_back({' ', a[i], i, i});
    diff_middle(a, b, head, a.size() - tail, head, b.size() - tail, out);
    for (std::size_t i = 0; i < tail; ++i) {
        std::size_t before = a.size() - tail + i;
        out.push_back({' ', a[before], before, b.size() - tail + i});
    }
    return out;
}

std::string hunk(const std::vector<Line>& lines, std::size_t begin, std::size_t end) {
    std::size_t removed = 0;
    std::size_t added = 0;
    std::string body;
    for (std::size_t i = begin; i < end; ++i) {
        if (lines[i].sign != '+') ++removed;
        if (lines[i].sign != '-') ++added;
        body += fmt::format("{}{}\n", lines[i].sign, lines[i].text);
    }
    return fmt::format("@@ -{},{} +{},{} @@\n{}", lines[begin].before + (removed > 0 ? 1 : 0),
                       removed, lines[begin].after + (added > 0 ? 1 : 0), added, body);
}

}  // namespace

std::string unified_diff(std::string_view before_name, std::string_view after_name,
                         std::string_view before, std::string_view after) {
    auto lines = diff_lines(lines_of(before), lines_of(after));
    std::string out;
    std::size_t at = 0;
    while (at < lines.size()) {
        if (lines[at].sign == ' ') {
            ++at;
            continue;
        }
        std::size_t begin = at > kContext ? at - kContext : 0;
        // Changes nearer than two contexts share a hunk.
        std::size_t end = at;
        for (std::size_t i = at; i < lines.size() && i <= end + 2 * kContext; ++i) {
            if (lines[i].sign != ' ') end = i;
        }
        end = std::min(end + 1 + kContext, lines.size());
        if (out.empty()) out = fmt::format("--- {}\n+++ {}\n", before_name, after_name);
        out += hunk(lines, begin, end);
        at = end;
    }
    return out;
}

}  // namespace weft::cli

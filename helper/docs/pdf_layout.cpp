#include "helper/docs/pdf_layout.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace weft::helper {
namespace {

// In multiples of the font size.
constexpr double kGlueGap = 0.15;    // nearer: parts of one word
constexpr double kWordGapMax = 2.0;  // wider: another segment, whatever poppler says
constexpr double kColumnGapMin =
    1.0;  // wider: another segment where others begin below or above it
constexpr std::size_t kColumnStartsMin = 3;
constexpr double kColumnTolerance = 1.0;  // points
constexpr double kBulletGapMax = 4.0;
constexpr double kMonoAdvance = 0.6;  // width of a character of a monospaced font
// A gutter between columns of prose has at least so many lines on both sides.
constexpr std::size_t kColumnLevelsMin = 8;
constexpr double kProseFill = 0.6;  // how much of its column a line of prose takes, on average
constexpr int kColumnDepthMax = 3;

bool continues(const PdfWord& last, const PdfWord& next, bool& glued) {
    const double size = std::max(last.size, next.size);
    const double overlap = std::min(last.y1, next.y1) - std::max(last.y0, next.y0);
    if (overlap < 0.5 * std::min(last.y1 - last.y0, next.y1 - next.y0)) return false;
    const double gap = next.x0 - last.x1;
    glued = !last.space_after;
    if (glued) return std::abs(gap) < kGlueGap * size;
    return gap > -0.5 * size && gap < kWordGapMax * size;
}

// Words that stand in one line, one after the other. `starts` are left edges of segments, in order:
// a narrow column's words may stand as near to the next column's as to each other, and then only
// the edge that many lines share tells where the next one begins.
std::vector<Segment> join_words(const PdfPage& page, const std::vector<double>& starts) {
    const auto begins_column = [&](const PdfWord& word) {
        const auto from = std::ranges::lower_bound(starts, word.x0 - kColumnTolerance);
        const auto to = std::ranges::upper_bound(starts, word.x0 + kColumnTolerance);
        return static_cast<std::size_t>(to - from) >= kColumnStartsMin;
    };
    std::vector<Segment> out;
    const PdfWord* last = nullptr;
    for (const auto& word : page.words) {
        bool glued = false;
        bool joins = last != nullptr && continues(*last, word, glued);
        if (joins && !glued && word.x0 - last->x1 > kColumnGapMin * word.size) {
            joins = !begins_column(word);
        }
        if (joins) {
            auto& segment = out.back();
            if (!glued) segment.text += ' ';
            segment.text += word.text;
            segment.x1 = std::max(segment.x1, word.x1);
            segment.y0 = std::min(segment.y0, word.y0);
            segment.y1 = std::max(segment.y1, word.y1);
            segment.size = std::max(segment.size, word.size);
            segment.bold = segment.bold && word.bold;
            segment.mono = segment.mono && word.mono;
        } else {
            out.push_back(
                {word.x0, word.y0, word.x1, word.y1, word.size, word.bold, word.mono, word.text});
        }
        last = &word;
    }
    return out;
}

std::vector<Segment> make_segments(const PdfPage& page) {
    std::vector<double> starts;
    for (const auto& segment : join_words(page, {})) starts.push_back(segment.x0);
    std::ranges::sort(starts);
    return join_words(page, starts);
}

// "•", "–", "3.", "(b)", "1.6.2": what stands before the text of an item or a heading.
bool is_marker(std::string_view text) {
    constexpr std::string_view kSigns[] = {"•", "◦", "▪", "‣", "·", "–",
                                           "—", "-", "*", "●", "○", "∗"};
    if (std::ranges::find(kSigns, text) != std::end(kSigns)) return true;
    if (text.size() < 2 || text.size() > 12) return false;
    const bool ended = text.ends_with('.') || text.ends_with(')') || text.ends_with(':');
    std::size_t digits = 0;
    std::size_t dots = 0;
    std::size_t letters = 0;
    for (const char c : text) {
        if (c >= '0' && c <= '9')
            ++digits;
        else if (c == '.')
            ++dots;
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            ++letters;
        else if (c != '(' && c != ')' && c != ':')
            return false;
    }
    if (letters > 1) return false;
    return (digits > 0 && dots > 0) || (ended && digits + letters > 0 && text.size() <= 4);
}

// Takes leading dots off; true when there were some.
bool strip_leader(Segment& segment) {
    const std::size_t last = segment.text.find_last_not_of(" .");
    const std::size_t from = last == std::string::npos ? 0 : last + 1;
    const auto dots = std::count(segment.text.begin() + static_cast<std::ptrdiff_t>(from),
                                 segment.text.end(), '.');
    if (dots < 4) return false;
    segment.text.resize(from);
    return true;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 8 &&
           (text.find_first_not_of("0123456789") == std::string_view::npos ||
            text.find_first_not_of("ivxlc") == std::string_view::npos);
}

// Takes the dots and the page number off a line of a table of contents: like running headers they
// are about paper, and they would part the titles.
void settle_leader(Level& level) {
    auto& segments = level.segments;
    for (auto& segment : segments) {
        const std::size_t number = segment.text.rfind(' ') + 1;
        if (number > 0 && is_number(std::string_view(segment.text).substr(number))) {
            Segment start = segment;
            start.text.resize(number - 1);
            if (strip_leader(start)) {
                segment = start;
                level.leader = true;
                return;
            }
        }
        level.leader = strip_leader(segment) || level.leader;
    }
    if (level.leader && segments.size() > 1 && is_number(segments.back().text)) segments.pop_back();
}

void settle(Level& level) {
    std::ranges::sort(level.segments, {}, &Segment::x0);
    settle_leader(level);
    std::erase_if(level.segments, [](const Segment& s) { return s.text.empty(); });
    if (level.segments.size() < 2 || !is_marker(level.segments[0].text)) return;
    auto& first = level.segments[0];
    const auto& next = level.segments[1];
    if (next.x0 - first.x1 > kBulletGapMax * next.size) return;
    Level pair{{first, next}, level.y0, level.y1, false};
    level.segments[1] = pair.joined();
    level.segments.erase(level.segments.begin());
}

double width_of(const std::vector<Level>& levels, double& left) {
    left = 1e9;
    double right = 0;
    for (const auto& level : levels) {
        left = std::min(left, level.segments.front().x0);
        right = std::max(right, level.segments.back().x1);
    }
    return right - left;
}

struct Gutter {
    double at = 0;  // where the right column begins
};

// Whether `at` parts the levels in two columns of prose.
bool parts_prose(const std::vector<Level>& levels, double at, double left, double right) {
    std::size_t both = 0;
    std::size_t crossing = 0;
    double left_fill = 0;
    double right_fill = 0;
    std::size_t left_count = 0;
    std::size_t right_count = 0;
    double left_edge = left;
    for (const auto& level : levels) {
        bool on_left = false;
        bool on_right = false;
        for (const auto& s : level.segments) {
            if (s.x1 <= at) {
                on_left = true;
                left_edge = std::max(left_edge, s.x1);
            } else if (s.x0 >= at - 1) {
                on_right = true;
            } else {
                ++crossing;
            }
        }
        if (on_left && on_right && level.segments.size() == 2) ++both;
    }
    if (both < kColumnLevelsMin || crossing > both / 2) return false;
    for (const auto& level : levels) {
        for (const auto& s : level.segments) {
            if (s.x1 <= at) {
                left_fill += s.x1 - s.x0;
                ++left_count;
            } else if (s.x0 >= at - 1) {
                right_fill += s.x1 - s.x0;
                ++right_count;
            }
        }
    }
    return left_fill > kProseFill * static_cast<double>(left_count) * (left_edge - left) &&
           right_fill > kProseFill * static_cast<double>(right_count) * (right - at);
}

std::optional<Gutter> find_gutter(const std::vector<Level>& levels) {
    if (levels.size() < kColumnLevelsMin) return {};
    double left = 0;
    const double width = width_of(levels, left);
    std::vector<double> edges;
    for (const auto& level : levels) {
        for (const auto& s : level.segments) {
            const double share = (s.x0 - left) / width;
            if (share > 0.25 && share < 0.75) edges.push_back(s.x0);
        }
    }
    std::ranges::sort(edges);
    // The left edge of a column is where many lines begin: try the commonest first, once each.
    for (std::size_t i = 0; i < edges.size();) {
        std::size_t end = i;
        while (end < edges.size() && edges[end] < edges[i] + 2) ++end;
        if (end - i >= kColumnLevelsMin && parts_prose(levels, edges[i], left, left + width)) {
            return Gutter{edges[i]};
        }
        i = end;
    }
    return {};
}

std::string code_line(const Level& level, double left) {
    std::string out;
    double at = left;
    for (const auto& s : level.segments) {
        const double spaces = std::round((s.x0 - at) / (kMonoAdvance * s.size));
        const auto count = static_cast<std::size_t>(std::clamp(spaces, 0.0, 200.0));
        out.append(out.empty() ? count : std::max<std::size_t>(count, 1), ' ');
        out += s.text;
        at = s.x1;
    }
    return out;
}

bool is_code(const Level& level) {
    return !level.leader &&
           std::ranges::all_of(level.segments, [](const Segment& s) { return s.mono; });
}

Segment box_of(const std::vector<Level>& levels, std::size_t first, std::size_t end) {
    Segment box = levels[first].joined();
    for (std::size_t i = first + 1; i < end; ++i) {
        const Segment next = levels[i].joined();
        box.x0 = std::min(box.x0, next.x0);
        box.x1 = std::max(box.x1, next.x1);
        box.y0 = std::min(box.y0, next.y0);
        box.y1 = std::max(box.y1, next.y1);
    }
    box.text.clear();
    return box;
}

// Blank lines and all, until the font changes or the distance says that another listing begins.
std::size_t add_code(const std::vector<Level>& levels, std::size_t first,
                     std::vector<PdfPiece>& out) {
    std::size_t end = first + 1;
    while (end < levels.size() && is_code(levels[end]) &&
           levels[end].y0 - levels[end - 1].y1 < 1.5 * levels[end].height()) {
        ++end;
    }
    PdfPiece piece;
    piece.kind = PdfPiece::Kind::Code;
    piece.line = box_of(levels, first, end);
    for (std::size_t i = first; i < end; ++i) {
        if (i > first) piece.code += '\n';
        piece.code += code_line(levels[i], piece.line.x0);
    }
    out.push_back(std::move(piece));
    return end;
}

void lay_out_column(const std::vector<Level>& levels, std::vector<PdfPiece>& out) {
    for (std::size_t i = 0; i < levels.size();) {
        PdfPiece piece;
        std::size_t end = 0;
        if (find_table(levels, i, end, piece)) {
            out.push_back(std::move(piece));
            i = end;
        } else if (is_code(levels[i])) {
            i = add_code(levels, i, out);
        } else {
            piece.line = levels[i].joined();
            piece.leader = levels[i].leader;
            out.push_back(std::move(piece));
            ++i;
        }
    }
}

void lay_out_bands(const std::vector<Level>& levels, int depth, std::vector<PdfPiece>& out);

// Two columns side by side, left one first.
void lay_out_pair(const std::vector<Level>& band, double at, int depth,
                  std::vector<PdfPiece>& out) {
    for (const bool right : {false, true}) {
        std::vector<Level> column;
        for (const auto& level : band) {
            Level part{{}, level.y0, level.y1, level.leader};
            for (const auto& s : level.segments) {
                if ((s.x0 >= at - 1) == right) part.segments.push_back(s);
            }
            if (!part.segments.empty()) column.push_back(std::move(part));
        }
        lay_out_bands(column, depth + 1, out);
    }
}

void lay_out_bands(const std::vector<Level>& levels, int depth, std::vector<PdfPiece>& out) {
    const auto gutter = depth < kColumnDepthMax ? find_gutter(levels) : std::nullopt;
    if (!gutter) {
        lay_out_column(levels, out);
        return;
    }
    const auto crosses = [&](const Level& level) {
        return std::ranges::any_of(level.segments, [&](const Segment& s) {
            return s.x0 < gutter->at - 1 && s.x1 > gutter->at;
        });
    };
    for (std::size_t i = 0; i < levels.size();) {
        std::vector<Level> band;
        const bool full = crosses(levels[i]);
        for (; i < levels.size() && crosses(levels[i]) == full; ++i) band.push_back(levels[i]);
        if (full) {
            lay_out_column(band, out);
        } else {
            lay_out_pair(band, gutter->at, depth, out);
        }
    }
}

}  // namespace

Segment Level::joined() const {
    Segment out = segments.front();
    for (std::size_t i = 1; i < segments.size(); ++i) {
        const auto& next = segments[i];
        out.text += ' ' + next.text;
        out.x1 = std::max(out.x1, next.x1);
        out.y0 = std::min(out.y0, next.y0);
        out.y1 = std::max(out.y1, next.y1);
        out.size = std::max(out.size, next.size);
        out.bold = out.bold && next.bold;
        out.mono = out.mono && next.mono;
    }
    return out;
}

std::vector<Level> make_levels(const PdfPage& page) {
    auto segments = make_segments(page);
    std::ranges::sort(segments, {}, [](const Segment& s) { return std::pair(s.middle(), s.x0); });
    std::vector<Level> out;
    for (auto& segment : segments) {
        // Compared with the first of the level, so that a staircase is not one level.
        if (!out.empty()) {
            auto& level = out.back();
            const auto& first = level.segments.front();
            if (segment.middle() - first.middle() <
                0.4 * std::min(segment.height(), first.height())) {
                level.y0 = std::min(level.y0, segment.y0);
                level.y1 = std::max(level.y1, segment.y1);
                level.segments.push_back(std::move(segment));
                continue;
            }
        }
        out.push_back({{segment}, segment.y0, segment.y1, false});
    }
    for (auto& level : out) settle(level);
    std::erase_if(out, [](const Level& level) { return level.segments.empty(); });
    return out;
}

std::vector<PdfPiece> lay_out(const std::vector<Level>& levels) {
    std::vector<PdfPiece> out;
    lay_out_bands(levels, 0, out);
    return out;
}

}  // namespace weft::helper

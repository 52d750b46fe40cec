// Tables in a PDF: nothing in the file says that there is one, so columns are found by where
// segments begin, and rows by how the lines of a row's cells stand to each other.
//
// Rows are the harder part, since many producers set no more space between rows than between lines.
// But in a row all cells begin at one height, or all are centred on one. So the cuts between rows
// are chosen, by dynamic programming, to make the cells of each row agree, and to leave few cells
// empty.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "helper/docs/pdf_layout.h"

namespace weft::helper {
namespace {

constexpr double kEdgeTolerance = 2.5;  // points between left edges of one column
constexpr double kCrossingShare = 0.15;
constexpr std::size_t kSinglesMax = 8;  // levels with one segment between two with more
constexpr std::size_t kRowLevelsMax = 30;

enum class Alignment { Top, Centre };

// What a row costs, in parts that were weighed on manuals with ruled and unruled tables.
constexpr double kEmptyCost = 1.0;
constexpr double kMisalignedCost = 5.0;
constexpr double kBlankInCellCost = 3.0;
constexpr double kFirstColumnLineCost = 0.7;  // top-aligned: a new first cell is mostly a new row
constexpr double kRowGain = 0.001;            // of two equal ways the one with more rows

struct Region {
    std::size_t first = 0;
    std::size_t end = 0;
};

bool starts_at(const Segment& segment, double x) {
    return std::abs(segment.x0 - x) <= kEdgeTolerance;
}

// Levels that stand near enough to be one table, whatever they hold.
Region stretch_from(const std::vector<Level>& levels, std::size_t first) {
    std::size_t end = first + 1;
    std::size_t singles = levels[first].is_multiple() ? 0 : 1;
    std::size_t last_multiple = levels[first].is_multiple() ? first : levels.size();
    for (; end < levels.size(); ++end) {
        const auto& level = levels[end];
        const double gap = level.y0 - levels[end - 1].y1;
        const double bound = (level.is_multiple() ? 3.0 : 1.5) * level.height();
        singles = level.is_multiple() ? 0 : singles + 1;
        if (level.leader || gap > bound || singles > kSinglesMax) break;
        if (level.is_multiple()) last_multiple = end;
    }
    if (last_multiple == levels.size()) return {first, first};
    return {first, end};
}

std::size_t count_crossing(const std::vector<const Level*>& levels, double x) {
    std::size_t count = 0;
    for (const auto* level : levels) {
        count += static_cast<std::size_t>(std::ranges::count_if(
            level->segments, [x](const Segment& s) { return s.x0 < x - 1 && s.x1 > x + 1; }));
    }
    return count;
}

// Levels that have one segment beginning at `x` and another in the column before it.
std::size_t count_beside(const std::vector<const Level*>& levels, double before, double x) {
    std::size_t count = 0;
    for (const auto* level : levels) {
        const bool here =
            std::ranges::any_of(level->segments, [x](const Segment& s) { return starts_at(s, x); });
        const bool left = std::ranges::any_of(level->segments, [&](const Segment& s) {
            return s.x0 >= before - kEdgeTolerance && s.x0 < x - kEdgeTolerance;
        });
        if (here && left) ++count;
    }
    return count;
}

// The left edges of the columns, or fewer than two.
std::vector<double> find_columns(const std::vector<Level>& levels, Region region) {
    std::vector<const Level*> rows;
    std::vector<double> edges;
    for (std::size_t i = region.first; i < region.end; ++i) {
        if (!levels[i].is_multiple()) continue;
        rows.push_back(&levels[i]);
        for (const auto& s : levels[i].segments) edges.push_back(s.x0);
    }
    if (rows.size() < 2) return {};
    std::ranges::sort(edges);
    const auto crossing_max =
        static_cast<std::size_t>(kCrossingShare * static_cast<double>(rows.size()));
    std::vector<double> columns;
    for (std::size_t i = 0; i < edges.size();) {
        const double x = edges[i];
        std::size_t end = i;
        while (end < edges.size() && edges[end] <= x + kEdgeTolerance) ++end;
        const std::size_t count = end - i;
        i = end;
        if (columns.empty()) {
            columns.push_back(x);
        } else if (count_crossing(rows, x) <= crossing_max && (count > 1 || rows.size() < 4) &&
                   count_beside(rows, columns.back(), x) >= (count + 3) / 4) {
            columns.push_back(x);
        }
    }
    return columns;
}

std::size_t column_of(const Segment& segment, const std::vector<double>& columns) {
    std::size_t column = 0;
    while (column + 1 < columns.size() && columns[column + 1] <= segment.x0 + kEdgeTolerance) {
        ++column;
    }
    return column;
}

// Whether a level with one segment can be a line of one of the cells.
bool fits(const Level& level, const std::vector<double>& columns) {
    if (level.leader) return false;
    for (const auto& s : level.segments) {
        const std::size_t column = column_of(s, columns);
        const bool last = column + 1 == columns.size();
        if (!starts_at(s, columns[column]) && !(column > 0 && last)) return false;
        if (!last && s.x1 > columns[column + 1] + kEdgeTolerance) return false;
    }
    return true;
}

// The line of each column at one level; without text: none there.
struct Row {
    std::vector<Segment> cells;
};

std::vector<Row> make_grid(const std::vector<Level>& levels, Region region,
                           const std::vector<double>& columns) {
    std::vector<Row> grid;
    for (std::size_t i = region.first; i < region.end; ++i) {
        Row row{std::vector<Segment>(columns.size())};
        for (const auto& s : levels[i].segments) {
            auto& cell = row.cells[column_of(s, columns)];
            if (cell.text.empty()) {
                cell = s;
            } else {
                const Level both{{cell, s}, 0, 0, false};
                cell = both.joined();
            }
        }
        grid.push_back(std::move(row));
    }
    return grid;
}

// The extent of one column's cell in a row that is being tried, as lines are added to it.
struct Extent {
    double top = 0;
    double bottom = 0;
    std::size_t lines = 0;

    [[nodiscard]] double anchor(Alignment alignment) const {
        return alignment == Alignment::Top ? top : (top + bottom) / 2;
    }
};

struct RowTrial {
    std::vector<Extent> extents;
    double cost = 0;  // of what can only grow: blanks in cells, lines in the first column

    void add(const Row& row, Alignment alignment) {
        for (std::size_t c = 0; c < row.cells.size(); ++c) {
            const auto& line = row.cells[c];
            if (line.text.empty()) continue;
            auto& extent = extents[c];
            if (extent.lines == 0) {
                extent = {line.y0, line.y1, 1};
                continue;
            }
            if (line.y0 - extent.bottom > 0.8 * line.height()) cost += kBlankInCellCost;
            if (c == 0 && alignment == Alignment::Top) cost += kFirstColumnLineCost;
            extent.bottom = std::max(extent.bottom, line.y1);
            ++extent.lines;
        }
    }

    [[nodiscard]] double total(Alignment alignment, double tolerance) const {
        const Extent* longest = nullptr;
        for (const auto& extent : extents) {
            if (extent.lines > 0 && (longest == nullptr || extent.lines > longest->lines)) {
                longest = &extent;
            }
        }
        double sum = cost;
        for (const auto& extent : extents) {
            if (extent.lines == 0) {
                sum += kEmptyCost;
            } else if (std::abs(extent.anchor(alignment) - longest->anchor(alignment)) >
                       tolerance) {
                sum += kMisalignedCost;
            }
        }
        return sum;
    }
};

struct Cuts {
    std::vector<std::size_t> starts;  // first level of each row
    double cost = 0;
};

Cuts cut_rows(const std::vector<Row>& grid, Alignment alignment, double line_height) {
    const std::size_t count = grid.size();
    const std::size_t columns = grid.front().cells.size();
    std::vector<double> best(count + 1, std::numeric_limits<double>::infinity());
    std::vector<std::size_t> from(count + 1, 0);
    best[0] = 0;
    for (std::size_t first = 0; first < count; ++first) {
        RowTrial trial{std::vector<Extent>(columns), 0};
        const std::size_t bound = std::min(count, first + kRowLevelsMax);
        for (std::size_t end = first + 1; end <= bound; ++end) {
            trial.add(grid[end - 1], alignment);
            const double cost = best[first] + trial.total(alignment, 0.3 * line_height) - kRowGain;
            if (cost < best[end]) {
                best[end] = cost;
                from[end] = first;
            }
        }
    }
    Cuts cuts;
    cuts.cost = best[count];
    for (std::size_t end = count; end > 0; end = from[end]) cuts.starts.push_back(from[end]);
    std::ranges::reverse(cuts.starts);
    return cuts;
}

std::vector<std::vector<PdfCell>> make_rows(const std::vector<Row>& grid) {
    double line_height = 0;
    for (const auto& cell : grid.front().cells) line_height = std::max(line_height, cell.height());
    const auto top = cut_rows(grid, Alignment::Top, line_height);
    const auto centre = cut_rows(grid, Alignment::Centre, line_height);
    const auto& cuts = centre.cost < top.cost ? centre : top;
    std::vector<std::vector<PdfCell>> rows;
    for (std::size_t r = 0; r < cuts.starts.size(); ++r) {
        const std::size_t end = r + 1 < cuts.starts.size() ? cuts.starts[r + 1] : grid.size();
        std::vector<PdfCell> row(grid.front().cells.size());
        for (std::size_t i = cuts.starts[r]; i < end; ++i) {
            for (std::size_t c = 0; c < row.size(); ++c) {
                const auto& text = grid[i].cells[c].text;
                if (!text.empty()) row[c].lines.push_back(text);
            }
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

bool find_table(const std::vector<Level>& levels, std::size_t first, std::size_t& end,
                PdfPiece& table) {
    if (levels[first].leader) return false;
    const Region stretch = stretch_from(levels, first);
    if (stretch.end - stretch.first < 2) return false;
    const auto columns = find_columns(levels, stretch);
    if (columns.size() < 2) return false;
    // A table may begin with a line of a tall cell that is not in its first column.
    if (!levels[first].is_multiple() &&
        (!fits(levels[first], columns) || starts_at(levels[first].segments[0], columns[0]))) {
        return false;
    }
    Region region{first, first};
    std::size_t multiple = 0;
    bool prose = false;
    while (region.end < stretch.end) {
        const auto& level = levels[region.end];
        if (!level.is_multiple() && !fits(level, columns)) break;
        if (level.is_multiple()) ++multiple;
        prose =
            prose || std::ranges::any_of(level.segments, [](const Segment& s) { return !s.mono; });
        ++region.end;
    }
    if (multiple < 2 || !prose) return false;
    table.kind = PdfPiece::Kind::Table;
    table.rows = make_rows(make_grid(levels, region, columns));
    table.line = levels[first].joined();
    for (std::size_t i = first; i < region.end; ++i) {
        const Segment line = levels[i].joined();
        table.line.x0 = std::min(table.line.x0, line.x0);
        table.line.x1 = std::max(table.line.x1, line.x1);
        table.line.y1 = std::max(table.line.y1, line.y1);
    }
    end = region.end;
    return true;
}

}  // namespace weft::helper

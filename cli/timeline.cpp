#include "cli/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::cli {
namespace {

constexpr std::string_view kRunning = "█";
constexpr std::string_view kBackoff = "░";
constexpr std::string_view kWaiting = "▒";
constexpr std::string_view kUndo = "▞";
constexpr std::string_view kGate = "◆";

struct Cell {
    std::string_view glyph = " ";
    Tone tone = Tone::Plain;
};

Cell cell_of(const TimelineRow& row, const TimelineBar& bar) {
    bool bad = bar.outcome == "failed" || bar.outcome == "missed" || bar.outcome == "rejected";
    bool open = bar.outcome == "in doubt" || bar.outcome == "accepted";
    Tone tone = bad ? Tone::Bad : open ? Tone::Attention : Tone::Good;
    if (row.kind == "gate") return {kGate, tone};
    if (bar.state == "backoff") return {kBackoff, Tone::Dim};
    if (bar.state == "waiting") return {kWaiting, Tone::Attention};
    return {row.kind == "undo" ? kUndo : kRunning, tone};
}

std::string axis(const TimeScale& scale, std::size_t width) {
    constexpr std::size_t kTickColumns = 14;
    std::string line(width, ' ');
    for (const auto& tick : scale.ticks(width / kTickColumns)) {
        auto at =
            static_cast<std::size_t>(scale.share(tick.at_ms) * static_cast<double>(width - 1));
        if (at + tick.text.size() <= width) line.replace(at, tick.text.size(), tick.text);
    }
    return line;
}

}  // namespace

Timeline read_timeline(const Json& answer) {
    Timeline out;
    out.run = answer.value("run", "");
    out.workflow = answer.value("workflow", "");
    out.status = answer.value("status", "");
    out.begun_ms = answer.value("begun", std::int64_t{0});
    out.ended_ms = answer.value("ended", std::int64_t{0});
    for (const auto& item : answer.value("rows", Json::array())) {
        TimelineRow row;
        row.kind = item.value("kind", "");
        row.label = item.value("step", "");
        // Every path begins with the workflow, which stands in the title.
        if (row.label.starts_with(out.workflow + ".")) row.label.erase(0, out.workflow.size() + 1);
        if (row.kind == "undo") row.label = "undo " + row.label;
        if (row.kind == "probe") row.label = "ask about " + row.label;
        if (auto generation = item.value("generation", 0); generation > 0) {
            row.label += fmt::format(" ({})", generation + 1);
        }
        for (const auto& bar : item.value("bars", Json::array())) {
            row.bars.push_back({bar.value("from", std::int64_t{0}),
                                bar.value("to", std::int64_t{0}), bar.value("state", ""),
                                bar.value("outcome", ""), bar.value("attempt", 0)});
            out.ended_ms = std::max(out.ended_ms, row.bars.back().to_ms);
        }
        out.rows.push_back(std::move(row));
    }
    return out;
}

std::string bar_text(const TimelineBar& bar) {
    std::string out = bar.attempt > 1 ? fmt::format("attempt {}: ", bar.attempt) : "";
    if (bar.state == "decided") return out + bar.outcome;
    out += fmt::format("{} {}", bar.state, duration_text(bar.to_ms - bar.from_ms));
    return bar.outcome.empty() ? out : out + ", " + bar.outcome;
}

std::string timeline_text(const Timeline& timeline, const Terminal& terminal) {
    std::size_t labels = 4;
    for (const auto& row : timeline.rows) labels = std::max(labels, display_width(row.label));
    labels = std::min({labels, terminal.width / 3, std::size_t{40}});
    constexpr std::size_t kTimes = 9;
    constexpr std::size_t kBarsMin = 10;
    std::size_t used = labels + kTimes + 3;
    std::size_t width = terminal.width > used + kBarsMin ? terminal.width - used : kBarsMin;
    std::string out =
        fmt::format("{}  {}  {} in {}\n\n", timeline.workflow, short_run(timeline.run),
                    timeline.status, duration_text(timeline.length_ms()));
    TimeScale scale(timeline);
    out +=
        std::string(labels + 1, ' ') + paint(Tone::Dim, axis(scale, width), terminal.colour) + "\n";
    auto column = [&](std::int64_t at) {
        double share = scale.share(at - timeline.begun_ms);
        return static_cast<std::size_t>(share * static_cast<double>(width - 1));
    };
    for (const auto& row : timeline.rows) {
        std::vector<Cell> cells(width);
        std::int64_t total = 0;
        for (const auto& bar : row.bars) {
            for (std::size_t i = column(bar.from_ms); i <= column(bar.to_ms); ++i) {
                cells[i] = cell_of(row, bar);
            }
            total += bar.to_ms - bar.from_ms;
        }
        std::string line = pad(fit(row.label, labels), labels) + " ";
        for (const auto& cell : cells) {
            line += cell.glyph == " " ? " " : paint(cell.tone, cell.glyph, terminal.colour);
        }
        bool gate = row.kind == "gate" && !row.bars.empty();
        line += "  " + (gate ? row.bars.back().outcome : duration_text(total));
        out += line + "\n";
    }
    if (!scale.folds().empty()) out += "\nLong pauses are drawn short.\n";
    return out + fmt::format("\n{} running  {} backoff  {} waiting  {} gate  {} undo\n", kRunning,
                             kBackoff, kWaiting, kGate, kUndo);
}

}  // namespace weft::cli

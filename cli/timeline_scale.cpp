#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/timeline.h"

namespace weft::cli {
namespace {

// Round steps in milliseconds; each divides the unit that it is read in.
constexpr std::array<std::int64_t, 28> kSteps = {
    1,         2,         5,          10,         20,         50,          100,
    200,       500,       1000,       2000,       5000,       10'000,      15'000,
    30'000,    60'000,    120'000,    300'000,    600'000,    900'000,     1'800'000,
    3'600'000, 7'200'000, 21'600'000, 43'200'000, 86'400'000, 172'800'000, 604'800'000};

// A pause is folded when it is longer than so many times the rest.
constexpr std::int64_t kFoldFrom = 3;
// What all folds together may take of the drawing.
constexpr double kFoldShare = 0.3;

std::string tick_text(std::int64_t at_ms) {
    struct Unit {
        std::int64_t ms;
        std::int64_t most;  // beyond it two units read better
        const char* name;
    };
    constexpr std::array<Unit, 5> kUnits = {{{86'400'000, 1000, "d"},
                                             {3'600'000, 72, "h"},
                                             {60'000, 120, "min"},
                                             {1000, 120, "s"},
                                             {1, 1000, "ms"}}};
    if (at_ms == 0) return "0";
    for (const auto& unit : kUnits) {
        if (at_ms % unit.ms == 0 && at_ms / unit.ms < unit.most)
            return fmt::format("{} {}", at_ms / unit.ms, unit.name);
    }
    return duration_text(at_ms);
}

// Times in which something ran or paused before its next attempt, merged and in order.
std::vector<TimeScale::Fold> busy_times(const Timeline& timeline) {
    std::vector<TimeScale::Fold> all;
    for (const auto& row : timeline.rows) {
        for (const auto& bar : row.bars) {
            if (bar.state == "waiting") continue;
            all.push_back({bar.from_ms - timeline.begun_ms, bar.to_ms - timeline.begun_ms});
        }
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.from_ms < b.from_ms; });
    std::vector<TimeScale::Fold> out;
    for (const auto& one : all) {
        if (!out.empty() && one.from_ms <= out.back().to_ms) {
            out.back().to_ms = std::max(out.back().to_ms, one.to_ms);
        } else {
            out.push_back(one);
        }
    }
    return out;
}

}  // namespace

TimeScale::TimeScale(const Timeline& timeline) : length_ms_(timeline.length_ms()) {
    std::vector<Fold> pauses;
    std::int64_t at = 0;
    std::int64_t busy = 0;
    for (const auto& one : busy_times(timeline)) {
        if (one.from_ms > at) pauses.push_back({at, one.from_ms});
        busy += one.to_ms - one.from_ms;
        at = std::max(at, one.to_ms);
    }
    if (at < length_ms_) pauses.push_back({at, length_ms_});
    if (busy == 0) return;
    std::int64_t kept = length_ms_;
    for (const auto& pause : pauses) {
        if (pause.to_ms - pause.from_ms <= kFoldFrom * busy) continue;
        folds_.push_back(pause);
        kept -= pause.to_ms - pause.from_ms;
    }
    if (folds_.empty()) return;
    fold_drawn_ms_ = static_cast<double>(kept) * kFoldShare / (1 - kFoldShare) /
                     static_cast<double>(folds_.size());
}

double TimeScale::drawn(std::int64_t since_ms) const {
    double out = static_cast<double>(since_ms);
    for (const auto& fold : folds_) {
        if (since_ms <= fold.from_ms) break;
        auto inside = static_cast<double>(std::min(since_ms, fold.to_ms) - fold.from_ms);
        out += inside / static_cast<double>(fold.to_ms - fold.from_ms) * fold_drawn_ms_ - inside;
    }
    return out;
}

double TimeScale::share(std::int64_t since_ms) const {
    double all = drawn(length_ms_);
    return all > 0 ? std::clamp(drawn(std::clamp<std::int64_t>(since_ms, 0, length_ms_)) / all, 0.0,
                                1.0)
                   : 0;
}

std::vector<Tick> TimeScale::ticks(std::size_t most) const {
    std::size_t count = std::max<std::size_t>(most, 2);
    auto wanted = static_cast<std::int64_t>(drawn(length_ms_) / static_cast<double>(count));
    auto found = std::find_if(kSteps.begin(), kSteps.end(),
                              [&](std::int64_t step) { return step >= wanted; });
    std::int64_t step = found == kSteps.end() ? kSteps.back() : *found;
    while (length_ms_ / step > 1000 && folds_.empty()) step *= 2;
    std::vector<std::int64_t> times;
    std::int64_t at = 0;
    for (const auto& fold : folds_) {
        for (; at < fold.from_ms; at += step) times.push_back(at);
        // Where work goes on after a pause says more than a round time would.
        times.push_back(fold.to_ms);
        at = fold.to_ms / step * step + step;
    }
    for (; at <= length_ms_; at += step) times.push_back(at);
    std::vector<Tick> out;
    for (auto time : times) {
        bool near = !out.empty() &&
                    share(time) - share(out.back().at_ms) < 1.0 / static_cast<double>(count) * 0.9;
        if (!near) out.push_back({time, tick_text(time)});
    }
    return out;
}

}  // namespace weft::cli

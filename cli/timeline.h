// The timeline of a run as text, SVG and HTML, drawn from the answer to `timeline`. Three tones:
// running, backoff, waiting; gates are diamonds, what undoes is hatched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"

namespace weft::cli {

struct TimelineBar {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
    std::string state;    // running, backoff, waiting, decided
    std::string outcome;  // ok, failed, passed …; may be empty
    int attempt = 0;
};

struct TimelineRow {
    std::string label;
    std::string kind;  // step, gate, review, undo, probe
    std::vector<TimelineBar> bars;
};

struct Timeline {
    std::string run;
    std::string workflow;
    std::string status;
    std::int64_t begun_ms = 0;
    std::int64_t ended_ms = 0;
    std::vector<TimelineRow> rows;

    [[nodiscard]] std::int64_t length_ms() const {
        return ended_ms > begun_ms ? ended_ms - begun_ms : 1;
    }
};

Timeline read_timeline(const Json& answer);

// "attempt 2: running, 1.2 s, failed"
std::string bar_text(const TimelineBar& bar);

struct Tick {
    std::int64_t at_ms = 0;  // since the run began
    std::string text;
};
// From times to places: pauses in which nothing ran, much longer than all work together, are drawn
// short, so that a day of waiting for a person doesn't hide the minute of work around it.
class TimeScale {
  public:
    explicit TimeScale(const Timeline& timeline);

    struct Fold {
        std::int64_t from_ms = 0;  // since the run began, as all times here
        std::int64_t to_ms = 0;
    };
    [[nodiscard]] double share(std::int64_t since_ms) const;  // 0 to 1
    [[nodiscard]] const std::vector<Fold>& folds() const { return folds_; }
    // Round times, and the ends of folds; at most about `most` of them, no two nearer than 1/most.
    [[nodiscard]] std::vector<Tick> ticks(std::size_t most) const;

  private:
    [[nodiscard]] double drawn(std::int64_t since_ms) const;

    std::vector<Fold> folds_;
    double fold_drawn_ms_ = 0;  // what each fold takes
    std::int64_t length_ms_ = 1;
};

std::string timeline_text(const Timeline& timeline, const Terminal& terminal);
std::string timeline_svg(const Timeline& timeline);
std::string timeline_html(const Timeline& timeline);

}  // namespace weft::cli

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
// At most `most` of them, at round times.
std::vector<Tick> ticks(std::int64_t length_ms, std::size_t most);

std::string timeline_text(const Timeline& timeline, const Terminal& terminal);
std::string timeline_svg(const Timeline& timeline);
std::string timeline_html(const Timeline& timeline);

}  // namespace weft::cli

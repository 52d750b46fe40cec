// What a run did, as lines that can be compared with those of another run: what it was begun with,
// the calls and what came of them, decisions, what came from outside, its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output.h"

namespace weft::cli {

struct StoryLine {
    std::string text;
    std::uint64_t seq = 0;  // of its record
};

// Of answers to `status` (with its input) and `log` (with payloads). Left out is what tells of no
// decision: times, attempts that begin, engines that took the run up. A value that was taken over
// from another run reads as if the step had just given it; branches stand in their order, one after
// the other, however they went on side by side.
std::vector<StoryLine> story_of(const Json& status, const Json& log);
std::string text_of(const std::vector<StoryLine>& story);

}  // namespace weft::cli

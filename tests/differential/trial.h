// One program on trial: it must be accepted without a word, be laid out in one way, give an image
// that the verifier takes, and run alike on the machine and in the reference.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/world.h"

namespace weft::differential {

struct Trial {
    std::string refused;              // why it never ran: names of diagnostics, mostly
    bool is_rightly_refused = false;  // what the generator can't know
    std::string diagnostics;          // in full
    std::vector<Played> runs;

    [[nodiscard]] std::string difference() const;
    [[nodiscard]] std::string history() const;
};

// Several runs with different worlds, all drawn from the seed.
Trial try_program(const std::string& text, std::uint64_t seed, bool keeps_history);

struct Small {
    std::string text;
    std::string difference;
    std::string history;
};
// A smaller program that differs as well.
Small shrink(const std::string& text, std::uint64_t seed);

}  // namespace weft::differential

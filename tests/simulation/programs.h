// What is simulated: the cases of tests/scenarios, and each example with people and workers who do
// the plainest thing.
#pragma once

#include <string>
#include <vector>

#include "engine/core.h"
#include "tests/scenarios/scenario.h"

namespace weft::simulation {

struct Play {
    std::string name;
    engine::RunnableProgram program;
    scenarios::Case scene;
    // Whatever goes wrong, its end is that of an undisturbed play. Of others it depends on what
    // comes first, an answer or a stop, and on how often something was tried.
    bool is_exact = false;
};

// Those whose name holds `only`.
std::vector<Play> read_plays(const std::string& only);
// The programs of the goldens that run, which come to every instruction.
std::vector<Play> read_goldens(const std::string& only);

}  // namespace weft::simulation

// People who do the plainest thing, for programs without a script: they approve what is shown to
// them, send the signals that are waited for, and find out what became of steps in doubt.
#pragma once

#include <functional>
#include <string>

#include "engine/core.h"
#include "tests/scenarios/scenario.h"

namespace weft::simulation {

using scenarios::Json;
using Ask = std::function<void(const std::string& method, Json parameters)>;

// What one of them can do now for a run; false when nothing waits for a person.
bool help_run(engine::LiveRun& run, const Ask& ask);

}  // namespace weft::simulation

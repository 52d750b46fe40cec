// Plays a compiled workflow on the real machine with workers that a script describes, under virtual
// time, and writes down what the world would have seen. For golden files (tests/golden/run); it
// knows nothing of the engine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bytecode/image.h"

namespace weft::play {

// What one invocation of a worker does.
struct Behaviour {
    std::string error;     // empty: it is done
    std::string json;      // of its value; empty: the smallest value of the step's type
    bool unknown = false;  // nobody knows whether it was done
    bool done_when_cancelled = false;
    std::int64_t takes_ms = 0;
};

// Something from outside at a time.
struct Event {
    std::int64_t at_ms = 0;
    std::string what;  // "cancel", "release" or "kill"
};

// `flow {"xs": [1]}; a: ok 3 in 2s, fail Boom; b(-2): fail Neg; cancel at 3s`
// A worker is named by its last word; with arguments in JSON, only that call is meant. Behaviours
// are taken one an attempt, the last for ever. `late ok`: done, also when it is told to stop.
struct Script {
    std::string workflow;
    std::string input;
    std::map<std::string, std::vector<Behaviour>, std::less<>> workers;
    std::vector<Event> events;
};
Script read_script(std::string_view text);

// One line a visible effect, then status and result. The run is replayed at the end and must come
// out the same; a difference is a line of its own.
std::string play(const Image& image, const Script& script);

}  // namespace weft::play

// A scenario: what the workers of a process do, what comes from outside and when, and the exact
// effects, in order, and the end that are expected (tests/scenarios/README.md has the form). It
// knows nothing of how it is played.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace weft::scenarios {

using Json = nlohmann::json;

// What a worker does when it is called.
struct Behaviour {
    std::string list;  // of which it is one: the worker, and what is only for an argument
    std::optional<Json> only_for;  // this argument
    std::optional<Json> value;     // none: the plainest one of the result's type
    bool echoes = false;           // the value is the argument
    std::string error;             // empty: it is done
    std::string fields;            // of the error, JSON
    bool is_sure = true;           // that nothing happened, when it fails
    bool is_done_when_stopped = false;
    std::int64_t takes_ms = 0;
    std::int64_t cost_micros = 0;
};

struct Event {
    std::int64_t at_ms = 0;
    Json what;
};

struct Crash {
    std::size_t after_effect = 0;  // once so many are recorded; 0: not
    std::string before_record_of;  // once this worker has done its work
};

struct Case {
    std::string title;
    std::string workflow;
    Json input;
    std::map<std::string, std::vector<Behaviour>> workers;
    std::vector<Event> events;  // by time
    std::optional<Crash> crash;
    bool sweeps = false;  // again with a crash after each effect
    Json expect;
};

struct Scenario {
    std::string program;                   // text of the `.wf` file beside it
    std::vector<std::string> diagnostics;  // that it gives, "unknown-name 15:14"; mostly none
    std::vector<Case> cases;
};

std::string read_text(const std::string& path);  // of a file, empty when there is none
// Reads NAME.json and NAME.wf. A mistake in the file throws what nlohmann's library throws.
Scenario read_scenario(const std::string& json_path);

// Where the effects that came differ from those that are expected, a line each; empty: nowhere.
// {"par": [[…], […]]} stands for any interleaving that keeps each inner order.
std::string difference(const Json& expected, const std::vector<std::string>& came);

}  // namespace weft::scenarios

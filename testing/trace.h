// What happened in one run of a test, as far as expectations ask.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bytecode/image.h"
#include "vm/machine.h"

namespace weft::test {

struct TracedCall {
    std::string path;  // of the step; of a probe that of the step in doubt
    std::string worker;
    std::uint32_t generation = 0;
    bool is_probe = false;
    std::uint32_t attempts = 0;  // started
};

// A call, by the number of its run and its seq in there.
using CallPlace = std::pair<std::size_t, std::uint64_t>;

struct Trace {
    vm::RunStatus status = vm::RunStatus::Running;
    Value result;  // or the error with which it ended
    std::int64_t elapsed_ms = 0;
    std::map<CallPlace, TracedCall> calls;              // of sub-runs too
    std::vector<std::string> attempted;                 // their workers, attempt by attempt
    std::vector<std::pair<std::string, Value>> events;  // of the run itself
    std::string rests;                  // why a run that has not ended goes no further
    std::optional<std::string> broken;  // why the test can't be believed: an unmocked effect
    std::vector<std::string> notes;
    std::map<std::string, std::int64_t> spent_micros;  // by currency
    std::size_t facts = 0;                             // that it was told
};

// Adds what a command says.
void note_command(const Image& image, const vm::Command& command, CallPlace place, Trace& trace);

}  // namespace weft::test

// Loads: a workflow, how often and how many at a time, through the real engine in this process.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/floor.h"
#include "bench/measure.h"
#include "engine/core.h"

namespace weft::bench {

struct Load {
    std::string title;
    std::string source;  // of the workflow `main`
    std::string input = "{}";
    unsigned runs = 1;
    unsigned in_flight = 1;
    unsigned steps = 1;    // calls of a worker (or timers) a run
    unsigned threads = 8;  // native workers at once
    double waits_ms = 0;   // by design, within a run
    bool has_floor = true;
};

struct Driven {
    std::uint64_t commits = 0;
    std::vector<double> run_ms;  // of each run, from its start to its end
};

struct Measured {
    Used used;
    Driven driven;
    std::vector<double> late_ms;  // of each timer: when the run saw it, after it was due
    StoreSize size;
    Used floor;
};

// Runs the load on a fresh store in `folder`, then its floor. The worker `bench.note` answers at
// once; `bench.refuse` refuses.
Result<Measured> measure(const Load& load, const Folder& folder);
void print(const Load& load, const Measured& measured);

// Starts the load's runs on the store at `path` and drives them until all have ended. `after_turn`
// is told how many have.
Result<Driven> drive(const Load& load, const std::string& path,
                     const std::function<void(std::size_t ended)>& after_turn = {});

struct Recovered {
    double open_ms = 0;
    double take_up_ms = 0;
    std::size_t runs = 0;
    double finish_ms = 0;
};

// Opens an engine on a store whose owner is gone and goes on until nothing is left to do.
Result<Recovered> recover(const Load& load, const std::string& path);

// An engine for the load, with its workers; and a request to start it.
Result<std::unique_ptr<engine::Core>> open_engine(const Load& load, const std::string& path);
Result<engine::StartRequest> start_request(const Load& load);

// The sources.
std::string durable_steps();
std::string texts_input(unsigned count);  // for parallel_steps
std::string parallel_steps(unsigned items, unsigned at_once);
// So many steps in a row for each item: a history that is many times as long as the state is large.
std::string parallel_chains(unsigned items, unsigned at_once, unsigned steps);
std::string saga();
std::string timers();
std::string waiting();                                         // for a signal
std::string rounds_of_steps(unsigned rounds, unsigned items);  // a long history, a small state

}  // namespace weft::bench

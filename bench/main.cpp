// weft_bench [NAME...]: all measurements, or those named.
#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/check_speed.h"
#include "bench/kill.h"
#include "bench/load.h"
#include "bench/store_steps.h"
#include "bench/waiting.h"

namespace weft::bench {

namespace {

constexpr const char* kText = R"({"text":"a short text"})";

Load load(std::string title, std::string source, unsigned runs, unsigned in_flight,
          unsigned steps) {
    Load out;
    out.title = std::move(title);
    out.source = std::move(source);
    out.input = kText;
    out.runs = runs;
    out.in_flight = in_flight;
    out.steps = steps;
    return out;
}

Result<void> run(const Load& load) {
    const Folder folder;
    WEFT_TRY(measured, measure(load, folder));
    print(load, measured);
    return {};
}

Result<void> w1() {
    return run(load("W1 ten durable steps in a row", durable_steps(), 200, 1, 10));
}

Result<void> w2() {
    auto many = load("W2 such runs together", durable_steps(), 2000, 32, 10);
    many.threads = 32;
    return run(many);
}

// Whether memory or time grow with the runs that a store has had.
Result<void> long_life() {
    auto many = load("W2 for long", durable_steps(), 30'000, 32, 10);
    many.threads = 32;
    many.has_floor = false;  // it keeps all rows in memory
    return run(many);
}

Result<void> w3() {
    auto wide = load("W3 a hundred steps side by side", parallel_steps(100, 100), 50, 1, 100);
    wide.threads = 100;
    wide.input = texts_input(100);
    return run(wide);
}

Result<void> w4() {
    auto many = load("W4 such sagas together", saga(), 1000, 32, 9);
    many.threads = 32;
    WEFT_TRY_VOID(run(load("W4 a saga with four compensations", saga(), 200, 1, 9)));
    return run(many);
}

Result<void> w5() {
    auto waiting = load("W5 timers", timers(), 1000, 1000, 1);
    waiting.waits_ms = 2000;
    waiting.has_floor = false;
    return run(waiting);
}

const std::vector<std::pair<std::string_view, std::function<Result<void>()>>> kAll = {
    {"check", check_speed},
    {"start", engine_start},
    {"store", [] { return store_steps(32, 32'000); }},
    {"store-alone", [] { return store_steps(1, 2'000); }},
    {"w1", w1},
    {"w2", w2},
    {"long", long_life},
    {"w3", w3},
    {"w4", w4},
    {"w5", w5},
    {"resume", [] { return resume_long_run(30'000); }},
    {"million", resume_million_records},
    {"waiting", [] { return open_with_waiting_runs(100'000); }},
    {"w6", [] { return kill_and_recover(2000, 32); }},
};

}  // namespace

}  // namespace weft::bench

int main(int argc, char** argv) {
    int failed = 0;
    for (const auto& [name, measurement] : weft::bench::kAll) {
        bool wanted = argc == 1;
        for (int i = 1; i < argc; ++i) wanted = wanted || name == argv[i];
        if (!wanted) continue;
        const auto done = measurement();
        if (!done) {
            fmt::print(stderr, "{}: {}\n", name, done.error().message);
            failed = 1;
        }
    }
    return failed;
}

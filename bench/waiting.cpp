#include "bench/waiting.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "bench/load.h"
#include "bytecode/record.h"
#include "engine/core.h"

namespace weft::bench {

namespace {

// In a process of its own: what it holds is its own affair then.
Result<void> apart(const std::function<Result<void>()>& work) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto done = work();
        if (!done) fmt::print(stderr, "{}\n", done.error().message);
        std::fflush(stdout);
        ::_exit(done ? 0 : 1);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
        return fail(ErrorKind::Environment, "a part of the measurement failed");
    }
    return {};
}

double resident_mib() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    in >> all >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576;
}

Result<void> begin_runs(const Load& load, const std::string& path) {
    WEFT_TRY(request, start_request(load));
    WEFT_TRY(core, open_engine(load, path));
    const double before = seconds_now();
    for (unsigned i = 0; i < load.runs; ++i) {
        WEFT_TRY(started, core->start_soon(request));
        static_cast<void>(started);
        if (i % 500 == 499) WEFT_TRY_VOID(core->turn(std::chrono::milliseconds(0)));
    }
    WEFT_TRY_VOID(core->turn(std::chrono::milliseconds(0)));
    WEFT_TRY_VOID(core->close());
    fmt::print(
        "{} runs that wait for a signal: begun in {:.1f} s, {:.0f} MiB resident at the end\n",
        load.runs, seconds_now() - before, resident_mib());
    return {};
}

Result<void> open_store(const Load& load, const std::string& path) {
    const double resident = resident_mib();
    const double before = seconds_now();
    WEFT_TRY(core, open_engine(load, path));
    const double opened = seconds_now();
    WEFT_TRY(taken, core->take_up_active());
    WEFT_TRY_VOID(core->turn(std::chrono::milliseconds(0)));
    const double driven = seconds_now();
    fmt::print(
        "  open {:.1f} ms, first turn after {:.1f} ms: {} taken up, {} parked; {:.1f} MiB "
        "resident, {:.1f} MiB of it for the store\n",
        (opened - before) * 1e3, (driven - before) * 1e3, taken.runs.size(), taken.parked,
        resident_mib(), resident_mib() - resident);
    store::RunFilter filter;
    filter.limit = 1;
    WEFT_TRY(rows, core->store().runs(filter));
    const double asked = seconds_now();
    WEFT_TRY_VOID(core->take_up(rows.front().id));
    fmt::print("  one of them loaded in {:.2f} ms\n", (seconds_now() - asked) * 1e3);
    return core->close();
}

}  // namespace

Result<void> open_with_waiting_runs(unsigned runs) {
    const Folder folder;
    const std::string path = folder / "load.weft";
    Load load;
    load.source = waiting();
    load.input = R"({"text":"a short text"})";
    load.runs = runs;
    WEFT_TRY_VOID(apart([&] { return begin_runs(load, path); }));
    return apart([&] { return open_store(load, path); });
}

}  // namespace weft::bench

#include "bench/kill.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "bench/load.h"
#include "engine/core.h"
#include "engine/snapshots.h"

namespace weft::bench {

namespace {

// The process kills itself once half of its runs have ended: the others are in the middle.
void work_and_be_killed(const Load& load, const std::string& path) {
    const auto done = drive(load, path, [&load](std::size_t ended) {
        if (ended >= load.runs / 2) ::kill(::getpid(), SIGKILL);
    });
    if (!done) fmt::print(stderr, "{}\n", done.error().message);
}

// Drives one run until it has so many records, leaves it, and takes it up.
Result<void> resume_run(Load load, std::uint64_t records) {
    const Folder folder;
    const std::string path = folder / "load.weft";
    load.threads = 32;
    store::RunId run{};
    {
        WEFT_TRY(core, open_engine(load, path));
        WEFT_TRY(request, start_request(load));
        WEFT_TRY(fresh, core->start(std::move(request)));
        run = fresh.run;
        while (core->live(run) != nullptr && core->live(run)->next_seq() < records) {
            WEFT_TRY_VOID(core->turn(std::chrono::milliseconds(500)));
        }
        if (core->live(run) == nullptr) {
            WEFT_TRY(row, core->store().run(run));
            return fail(ErrorKind::Environment,
                        fmt::format("the run ended with status {} before it had {} records",
                                    row ? static_cast<int>(row->status) : -1, records));
        }
    }  // closes nothing
    WEFT_TRY(core, open_engine(load, path));
    WEFT_TRY(header, engine::read_run_header(core->store(), run));
    // The first one finds nothing in the processor's caches; the median of nine is told.
    std::vector<Used> rounds;
    std::uint64_t from_there = 0;
    std::uint64_t held = 0;
    for (int i = 0; i < 9; ++i) {
        const Meter from_snapshot;
        WEFT_TRY(resumed, engine::resume(core->store(), header));
        rounds.push_back(from_snapshot.used());
        from_there = resumed.replayed.records;
        held = resumed.replayed.machine ? resumed.replayed.machine->bytes_held() : 0;
    }
    std::ranges::sort(rounds, {}, &Used::wall_s);
    const Used quick = rounds[rounds.size() / 2];
    WEFT_TRY(row, core->store().snapshot(run));
    const Meter from_begin;
    WEFT_TRY(replayed, engine::replay(core->store(), header));
    const Used slow = from_begin.used();
    // What the run holds as the limits count it (docs/machine.md); the row is what is read.
    const double megabytes = std::max(1.0, static_cast<double>(held) / 1e6);
    fmt::print(
        "a run of {} records that holds {:.2f} MB: from its snapshot ({:.2f} MB) and {} records "
        "{:.1f} ms ({:.1f} of CPU, at most {:.1f}), {:.1f} ms a MB;\n",
        replayed.records, static_cast<double>(held) / 1e6,
        static_cast<double>(row ? row->box.size() : 0) / 1e6, from_there, quick.wall_s * 1e3,
        quick.cpu_s * 1e3, rounds.back().wall_s * 1e3, quick.wall_s * 1e3 / megabytes);
    fmt::print("  from its begin {:.1f} ms ({:.0f} k records/s of CPU)\n", slow.wall_s * 1e3,
               static_cast<double>(replayed.records) / slow.cpu_s / 1e3);
    return core->close();
}

}  // namespace

Result<void> kill_and_recover(unsigned runs, unsigned in_flight) {
    const Folder folder;
    const std::string path = folder / "load.weft";
    Load load;
    load.source = durable_steps();
    load.input = R"({"text":"a short text"})";
    load.runs = runs;
    load.in_flight = in_flight;
    load.threads = in_flight;
    const pid_t child = ::fork();
    if (child == 0) {
        work_and_be_killed(load, path);
        ::_exit(1);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFSIGNALED(status)) {
        return fail(ErrorKind::Environment, "the engine that was to be killed ended by itself");
    }
    WEFT_TRY(recovered, recover(load, path));
    fmt::print("W6 kill -9 among {} runs of ten steps, {} in flight\n", runs, in_flight);
    fmt::print("  open {:.1f} ms, {} runs taken up in {:.1f} ms, ended {:.1f} ms later\n",
               recovered.open_ms, recovered.runs, recovered.take_up_ms, recovered.finish_ms);
    return {};
}

Result<void> resume_long_run(unsigned steps) {
    Load load;
    load.source = parallel_steps(steps, 32);
    load.input = texts_input(steps);
    return resume_run(load, std::uint64_t{3} * steps - std::uint64_t{steps} / 10);
}

Result<void> resume_million_records() {
    constexpr std::uint64_t kRecords = 1'000'000;
    constexpr unsigned kItems = 1000;
    // A run holds at most 64 MiB, so that an item must have more than one step.
    constexpr unsigned kSteps = 10;
    constexpr unsigned kGrowing = kRecords / (2 * kSteps);
    Load growing;
    growing.source = parallel_chains(kGrowing, 32, kSteps);
    growing.input = texts_input(kGrowing);
    WEFT_TRY_VOID(resume_run(growing, kRecords));
    Load steady;
    steady.source = rounds_of_steps(kRecords / 3 / kItems + 10, kItems);
    steady.input = texts_input(kItems);
    return resume_run(steady, kRecords);
}

Result<void> engine_start() {
    const Folder folder;
    engine::CoreOptions options;
    options.store = folder / "load.weft";
    double least = 1e9;
    for (int i = 0; i < 20; ++i) {
        const double before = seconds_now();
        WEFT_TRY(core, engine::Core::open(options));
        const double ms = (seconds_now() - before) * 1e3;
        if (i > 0) least = std::min(least, ms);
        WEFT_TRY_VOID(core->close());
    }
    fmt::print("engine start on a store that is there: {:.2f} ms\n", least);
    return {};
}

}  // namespace weft::bench

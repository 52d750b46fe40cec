#include "bench/load.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "api/program_data.h"
#include "bytecode/record.h"
#include "engine/core.h"
#include "store/sqlite.h"

namespace weft::bench {

namespace {

engine::CoreOptions core_options(const Load& load, const std::string& path) {
    engine::CoreOptions options;
    options.store = path;
    options.threads = load.threads;
    return options;
}

void add_workers(engine::Core& core) {
    core.add_worker("bench.note", [](const WorkerCall&) -> WorkerOutcome {
        return WorkerValue{"\"noted\"", {}};
    });
    core.add_worker("bench.erase", [](const WorkerCall&) -> WorkerOutcome {
        return WorkerValue{"\"erased\"", {}};
    });
    core.add_worker("bench.refuse", [](const WorkerCall&) -> WorkerOutcome {
        return std::unexpected(WorkerError{"Rejected", "no", true, {}, {}});
    });
}

}  // namespace

Result<std::unique_ptr<engine::Core>> open_engine(const Load& load, const std::string& path) {
    WEFT_TRY(core, engine::Core::open(core_options(load, path)));
    add_workers(*core);
    return core;
}

Result<engine::StartRequest> start_request(const Load& load) {
    const Compilation compiled = compile_text("bench.wf", load.source);
    if (!compiled.program)
        return fail(ErrorKind::Usage, "the load does not compile", compiled.text);
    const auto& data = compiled.program->data();
    engine::StartRequest request;
    request.program = {data.image, data.encoded, data.ir, data.source};
    request.workflow = "main";
    request.input = load.input;
    request.actor = "bench";
    return request;
}

Result<Driven> drive(const Load& load, const std::string& path,
                     const std::function<void(std::size_t ended)>& after_turn) {
    WEFT_TRY(request, start_request(load));
    WEFT_TRY(core, open_engine(load, path));
    std::map<store::RunId, double> begun;
    Driven out;
    unsigned started = 0;
    const std::uint64_t before = core->store().commits();
    while (out.run_ms.size() < load.runs) {
        while (started < load.runs && begun.size() < load.in_flight) {
            const double now = seconds_now();
            WEFT_TRY(fresh, core->start_soon(request));
            begun[fresh.run] = now;
            ++started;
        }
        WEFT_TRY_VOID(core->turn(std::chrono::milliseconds(500)));
        std::erase_if(begun, [&](const auto& run) {
            if (core->live(run.first) != nullptr) return false;
            out.run_ms.push_back((seconds_now() - run.second) * 1e3);
            return true;
        });
        if (after_turn) after_turn(out.run_ms.size());
    }
    out.commits = core->store().commits() - before;
    WEFT_TRY_VOID(core->close());
    return out;
}

Result<Recovered> recover(const Load& load, const std::string& path) {
    Recovered out;
    double before = seconds_now();
    const auto lap_ms = [&before] {
        const double now = seconds_now();
        return (now - std::exchange(before, now)) * 1e3;
    };
    WEFT_TRY(core, open_engine(load, path));
    out.open_ms = lap_ms();
    WEFT_TRY(runs, core->take_up_all());
    out.runs = runs;
    out.take_up_ms = lap_ms();
    while (core->busy()) WEFT_TRY_VOID(core->turn(std::chrono::milliseconds(500)));
    out.finish_ms = lap_ms();
    WEFT_TRY_VOID(core->close());
    return out;
}

// Of the timers of a load whose runs all wait as long.
Result<std::vector<double>> timers_late(const std::string& path, double waits_ms) {
    constexpr int kReadOnly = 0x8001;  // SQLITE_OPEN_READONLY and SQLITE_OPEN_NOMUTEX
    WEFT_TRY(store, store::Database::open(path, kReadOnly));
    auto rows = store->query("SELECT rec FROM log ORDER BY leaf");
    std::map<Bytes16, std::int64_t> set_ms;
    std::vector<double> out;
    while (true) {
        WEFT_TRY(found, rows.step());
        if (!found) return out;
        WEFT_TRY(record, decode_record(rows.column_bytes(0)));
        if (record.kind == RecordKind::TimerSet) set_ms[record.run] = record.time_ms;
        if (record.kind != RecordKind::TimerFired) continue;
        out.push_back(static_cast<double>(record.time_ms - set_ms[record.run]) - waits_ms);
    }
}

Result<Measured> measure(const Load& load, const Folder& folder) {
    Measured out;
    const std::string path = folder / "load.weft";
    {
        // The store and its first key slots are made outside the measurement.
        WEFT_TRY(core, engine::Core::open(core_options(load, path)));
        WEFT_TRY_VOID(core->close());
    }
    const Meter meter;
    WEFT_TRY(driven, drive(load, path));
    out.used = meter.used();
    out.driven = std::move(driven);
    WEFT_TRY(size, size_of_store(path));
    out.size = size;
    if (load.waits_ms > 0) {
        WEFT_TRY(late, timers_late(path, load.waits_ms));
        out.late_ms = std::move(late);
    }
    if (load.has_floor) {
        WEFT_TRY(floor, measure_floor(path, folder / "floor.db", out.driven.commits));
        out.floor = floor;
    }
    return out;
}

void print(const Load& load, const Measured& measured) {
    const double steps = static_cast<double>(load.steps) * load.runs;
    const double wall = measured.used.wall_s;
    const auto a_step = [&](double value) { return value / steps; };
    std::vector<double> late = measured.driven.run_ms;
    for (double& ms : late) ms -= load.waits_ms;
    fmt::print("{}: {} runs, {} in flight, {} threads\n", load.title, load.runs, load.in_flight,
               load.threads);
    fmt::print("  {:.0f} runs/s, {:.0f} steps/s; a run {}p50 {:.2f} ms, p99 {:.2f} ms\n",
               load.runs / wall, steps / wall, load.waits_ms > 0 ? "beyond its wait " : "",
               percentile(late, 0.5), percentile(late, 0.99));
    fmt::print(
        "  a step: {:.3f} commits, {:.3f} syncs, {:.1f} us CPU, {:.0f} B of store ({:.0f} B "
        "without payload)\n",
        a_step(static_cast<double>(measured.driven.commits)),
        a_step(static_cast<double>(measured.used.syncs)), a_step(measured.used.cpu_s * 1e6),
        a_step(static_cast<double>(measured.size.file_bytes)),
        a_step(static_cast<double>(measured.size.file_bytes - measured.size.payload_bytes)));
    fmt::print("  {} commits, {} records; at most {:.0f} MiB resident\n", measured.driven.commits,
               measured.size.records, measured.used.peak_mib);
    if (!measured.late_ms.empty()) {
        fmt::print("  seen by the run itself, late by p50 {:.0f} ms, p99 {:.0f} ms\n",
                   percentile(measured.late_ms, 0.5), percentile(measured.late_ms, 0.99));
    }
    if (!load.has_floor) return;
    fmt::print("  floor: {:.0f} steps/s, {:.1f} us CPU a step; reached {:.0f} %\n",
               steps / measured.floor.wall_s, a_step(measured.floor.cpu_s * 1e6),
               measured.floor.wall_s / wall * 100);
}

}  // namespace weft::bench

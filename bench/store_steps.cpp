#include "bench/store_steps.h"

#include <fmt/format.h>

#include "bench/floor.h"
#include "bench/measure.h"
#include "bytecode/record.h"
#include "engine/record_writer.h"
#include "store/key_file.h"
#include "store/store.h"

namespace weft::bench {

namespace {

using engine::RecordDraft;
using engine::RecordWriter;

RecordDraft draft(RecordKind kind, std::string body, std::optional<std::string> payload) {
    RecordDraft out;
    out.kind = kind;
    out.fact = is_fact(kind);
    out.body = std::move(body);
    out.payload = std::move(payload);
    return out;
}

// What a run of the engine writes for a step: the outcome of the last, a call, its start.
Result<void> append_step(RecordWriter& run, store::Batch& batch) {
    const std::string payload(40, 'p');
    WEFT_TRY_VOID(
        run.append(draft(RecordKind::Outcome, encode_body(OutcomeBody{}), payload), batch));
    WEFT_TRY_VOID(run.append(draft(RecordKind::Call, encode_body(CallBody{}), payload), batch));
    return run.append(draft(RecordKind::Start, encode_body(StartBody{}), std::nullopt), batch);
}

Result<std::vector<RecordWriter>> begin_runs(store::Store& store, unsigned count,
                                             store::Batch& batch) {
    std::vector<RecordWriter> runs;
    for (unsigned i = 0; i < count; ++i) {
        store::RunRow row;
        row.id = store.entropy().bytes<16>();
        WEFT_TRY(slot, store.take_slot());
        row.slot = slot;
        WEFT_TRY(key, store.keys().slot_key(slot));
        runs.emplace_back(store, row.id, key, store::RunHead{});
        batch.runs.push_back(row);
        const auto begin = draft(RecordKind::Begin, encode_body(BeginBody{}), "begin");
        WEFT_TRY_VOID(runs.back().append(begin, batch));
    }
    return runs;
}

Result<void> verify(store::Store& store) {
    store::VerifyOptions options;
    options.open_boxes = false;
    const Meter meter;
    WEFT_TRY(report, store.verify(options));
    const Used used = meter.used();
    fmt::print("  verify of hashes: {:.0f} k records/s of CPU ({} findings)\n",
               static_cast<double>(report.records) / used.cpu_s / 1e3, report.findings.size());
    return {};
}

}  // namespace

Result<void> store_steps(unsigned in_flight, unsigned steps) {
    const Folder folder;
    store::OpenOptions options;
    options.create = true;
    const std::string path = folder / "store.weft";
    std::uint64_t commits = 0;
    Used used;
    {
        WEFT_TRY(store, store::open_sqlite_store(path, options));
        store::Batch first;
        WEFT_TRY(runs, begin_runs(*store, in_flight, first));
        WEFT_TRY(begun, store->commit(first));
        static_cast<void>(begun);
        const Meter meter;
        for (unsigned done = 0; done < steps; done += in_flight) {
            store::Batch batch;
            for (auto& run : runs) WEFT_TRY_VOID(append_step(run, batch));
            WEFT_TRY(info, store->commit(batch));
            static_cast<void>(info);
            WEFT_TRY_VOID(store->maintain(static_cast<std::int64_t>(seconds_now() * 1e3), false));
        }
        used = meter.used();
        commits = store->commits();
        fmt::print("the store alone: {} in flight, {} steps\n", in_flight, steps);
        fmt::print("  {:.0f} steps/s, {:.1f} us CPU a step, {:.3f} syncs a step\n",
                   steps / used.wall_s, used.cpu_s * 1e6 / steps,
                   static_cast<double>(used.syncs) / steps);
        WEFT_TRY_VOID(store->close());
    }
    {
        WEFT_TRY(again, store::open_sqlite_store(path, options));
        WEFT_TRY_VOID(verify(*again));
        WEFT_TRY_VOID(again->close());
    }
    WEFT_TRY(size, size_of_store(path));
    WEFT_TRY(floor, measure_floor(path, folder / "floor.db", commits));
    fmt::print(
        "  {:.0f} B a step without payload; floor {:.0f} steps/s, {:.1f} us CPU; reached "
        "{:.0f} %\n",
        static_cast<double>(size.file_bytes - size.payload_bytes) / steps, steps / floor.wall_s,
        floor.cpu_s * 1e6 / steps, floor.wall_s / used.wall_s * 100);
    return {};
}

}  // namespace weft::bench

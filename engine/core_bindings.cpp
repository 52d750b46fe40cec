// A program says nothing of how its workers are reached; weft.toml does. What one implementation
// may have done can't be asked of another: so a run with such a doubt is held when the binding
// changed while no engine had the store.
#include <fmt/format.h>

#include "bytecode/record_bodies.h"
#include "engine/core.h"
#include "engine/run_reader.h"

namespace weft::engine {
namespace {

// The binding of the call's last attempt, from its start record; none when it was never started.
Result<std::optional<Bytes16>> last_binding(store::Store& store, const store::RunId& run,
                                            std::uint64_t call) {
    std::optional<Bytes16> out;
    for (std::uint64_t seq = call + 1;; seq += kRecordSlice) {
        WEFT_TRY(slice, store.read_run(run, seq, kRecordSlice));
        for (const auto& stored : slice) {
            WEFT_TRY(record, decode_record(stored.record));
            if (record.kind != RecordKind::Start) continue;
            const auto body = decode_body<StartBody>(record.body);
            if (body && body->call == call) out = body->binding;
        }
        if (slice.size() < kRecordSlice) return out;
    }
}

}  // namespace

Result<void> Core::hold_if_rebound(LiveRun& run, store::Batch& batch) {
    for (const auto& effect : run.machine().open_effects()) {
        const auto& worker = run.image().workers[effect.worker];
        if (!can_be_in_doubt(worker.effect)) continue;
        WEFT_TRY(binding, last_binding(*store_, run.id(), effect.call));
        if (!binding || *binding == config_.binding_digest(worker.name)) continue;
        vm::HeldByOperatorFact held{
            "weft", fmt::format("{} is bound to something else than when its attempt was sent, and "
                                "nobody knows whether that had its effect",
                                worker.name)};
        if (!run.machine().accepts(held)) return {};
        FactContext context;
        WEFT_TRY(actor, system_->actor("weft", time_->now(), batch));
        context.actor = actor;
        return feed_run(run, held, context, batch);
    }
    return {};
}

}  // namespace weft::engine

// Another program for a run in flight: it adopts one that takes the same decisions, or begins again
// under one and takes over what was done. Everything of a change is in one commit, so a run has the
// one program or the other, whole.
#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "engine/core_gathered.h"
#include "engine/replay.h"

namespace weft::engine {

struct Core::PlannedChange {
    ProgramChange change;
    std::optional<vm::Machine> machine;  // Adopt
    MigrationPlan plan;                  // Migrate
    Hash old_image{};
};

namespace {

struct LookedBack {
    Replayed replayed;
    Past past;
};

// The whole log, replayed under the program that made it.
Result<LookedBack> look_back(store::Store& store, const RunHeader& header) {
    Replayer replayer(header);
    PastReader reader;
    WEFT_TRY_VOID(read_records(store, header, {}, [&](ReadRecord& record) -> Result<bool> {
        WEFT_TRY(same, replayer.take(record));
        if (same) reader.note(record, replayer.so_far().image);
        return same;
    }));
    LookedBack out;
    out.replayed = replayer.finish();
    if (out.replayed.divergence || !out.replayed.machine) {
        return fail(
            ErrorKind::Corrupt,
            fmt::format("run {} diverges from its own program at record {}",
                        to_hex(view(header.row.id)).substr(0, 8), out.replayed.head.next_seq));
    }
    out.past = reader.finish(*out.replayed.machine);
    return out;
}

std::string who_and_why(const std::string& actor, const std::string& reason) {
    return canonical(Value::record({Value::text(actor), Value::text(reason)}));
}

}  // namespace

// What stands in the way of any change; empty: nothing.
Result<std::string> Core::why_not_now(const RunHeader& header, const vm::Machine& machine) {
    if (vm::is_ended(machine.status())) return "it has ended";
    for (const auto& want : machine.wants()) {
        const bool sub = want.kind == vm::WantKind::Sub || want.kind == vm::WantKind::CancelSub;
        if (sub) return "it waits for a run of another workflow, which it could not undo any more";
    }
    if (!header.row.parent) return "";
    WEFT_TRY(parent, store_->run(*header.row.parent));
    if (!parent || vm::is_ended(static_cast<vm::RunStatus>(parent->status))) return "";
    return fmt::format("run {} waits for it and undoes what it did, under the program of both",
                       to_hex(view(parent->id)).substr(0, 8));
}

Result<Core::PlannedChange> Core::plan_change(const RunHeader& header,
                                              const std::shared_ptr<const Image>& image,
                                              const Hash& image_hash, ChangeBy by) {
    PlannedChange out;
    out.old_image = header.row.image;
    if (header.row.image == image_hash) {
        out.change.way = ProgramChange::Way::Same;
        return out;
    }
    WEFT_TRY(back, look_back(*store_, header));
    auto& machine = *back.replayed.machine;
    WEFT_TRY(obstacle, why_not_now(header, machine));
    if (!obstacle.empty()) {
        out.change.reasons.push_back(std::move(obstacle));
        return out;
    }
    if (by != ChangeBy::MigrateOnly) {
        WEFT_TRY(followed, follow(header, *back.replayed.segment,
                                  {back.replayed.image, machine.begin()}, image, UINT64_MAX));
        if (followed.machine) {
            out.change.way = ProgramChange::Way::Adopt;
            out.machine = std::move(followed.machine);
            return out;
        }
        out.change.difference = std::move(followed.difference);
        if (by == ChangeBy::AdoptOnly) return out;
    }
    const auto& program = back.replayed.image->program;
    const auto* row = migrate_row(*image, header.workflow_row().name, program);
    if (row == nullptr) {
        out.change.reasons.push_back(fmt::format("the new program has no `migrate {} from \"{}\"`",
                                                 header.workflow_row().name,
                                                 to_hex(view(program)).substr(0, 12)));
        return out;
    }
    out.plan = plan_migration(back.past, machine, image, row,
                              std::max(time_->now(), back.replayed.last_time_ms));
    out.change.reasons = out.plan.reasons;
    out.change.taken = out.plan.taken;
    out.change.dropped = out.plan.dropped;
    if (out.change.reasons.empty()) out.change.way = ProgramChange::Way::Migrate;
    return out;
}

Result<ProgramChange> Core::look_at_change(const store::RunId& id, const RunnableProgram& program,
                                           ChangeBy by) {
    WEFT_TRY(header, read_run_header(*store_, id));
    WEFT_TRY(planned, plan_change(header, program.image, image_hash(program.encoded), by));
    return std::move(planned.change);
}

Result<ProgramChange> Core::change_program(const store::RunId& id, const RunnableProgram& program,
                                           ChangeBy by, const std::string& actor,
                                           const std::string& reason) {
    LiveRun* run = live(id);
    if (run == nullptr) return fail(ErrorKind::Refused, "the run has ended already");
    WEFT_TRY_VOID(check_room());
    WEFT_TRY(header, read_run_header(*store_, id));
    const auto hash = image_hash(program.encoded);
    WEFT_TRY(planned, plan_change(header, program.image, hash, by));
    const auto way = planned.change.way;
    if (way != ProgramChange::Way::Adopt && way != ProgramChange::Way::Migrate) {
        return std::move(planned.change);
    }
    Gathered batch(*this);
    const std::int64_t now = time_->now();
    WEFT_TRY(who, system_->actor(actor, now, batch));
    batch.changes.emplace_back(
        store::ProgramRow{program.image->program, program.ir, program.source});
    batch.changes.emplace_back(
        store::ImageRow{hash, program.image->program, program.image->semantics, program.encoded});
    planned.change.seq = run->next_seq();
    const bool was_held = run->machine().is_held_by_operator();
    LiveRun::Change change{program.image, hash, "", who_and_why(actor, reason)};
    if (way == ProgramChange::Way::Adopt) {
        change.body = encode_body(AdoptedBody{hash, who});
        WEFT_TRY_VOID(run->adopt(change, std::move(*planned.machine), now, batch));
        WEFT_TRY_VOID(after_fact(*run, batch));
    } else {
        change.body = encode_body(MigratedBody{planned.old_image, hash, who});
        WEFT_TRY_VOID(run->migrate(change, planned.plan.begin, now, batch));
        WEFT_TRY_VOID(tell_again(*run, planned.plan, batch));
        const vm::HeldByOperatorFact hold{actor, "it was held when it was migrated"};
        if (was_held && run->machine().accepts(hold)) {
            WEFT_TRY_VOID(feed_run(*run, hold, {.actor = who}, batch));
        }
        run->snapshot_now(batch);
    }
    touched_.insert(id);
    WEFT_TRY_VOID(launch(batch));
    WEFT_TRY_VOID(commit(batch));
    return std::move(planned.change);
}

Result<void> Core::tell_again(LiveRun& run, const MigrationPlan& plan, store::Batch& batch) {
    WEFT_TRY_VOID(after_fact(run, batch));
    for (const auto& told : plan.facts) {
        const auto* hit = std::get_if<vm::HitFact>(&told.fact);
        const bool is_own =
            hit != nullptr && hit->source == static_cast<std::uint8_t>(HitSource::Migration);
        // The use of an author's key goes with the call that takes its value over.
        if (is_own) {
            WEFT_TRY(use, ledger_->find_call(run.id(), hit->origin_seq));
            if (use) {
                use->row.seq = hit->call;
                ledger_->put(use->row, batch);
            }
        }
        FactContext context;
        context.actor = told.actor;
        context.copied = hit == nullptr;
        WEFT_TRY_VOID(feed_run(run, told.fact, context, batch));
    }
    // A lock that it does not hold any more is another's now.
    const auto lock = run.machine().lock();
    if (lock && lock->is_held) return {};
    const auto nobody = [](const store::RunId&) { return false; };
    WEFT_TRY(given, locks_->settle(run.id(), std::nullopt, time_->now(), nobody, batch));
    static_cast<void>(given);
    return {};
}

}  // namespace weft::engine

// Sub-runs: they begin in the commit of their sub-start record, and their end is told to whoever
// waits for it in the commit of their end record.
#include <fmt/format.h>

#include "base/hash.h"
#include "engine/core_gathered.h"
#include "engine/replay.h"
#include "engine/secret_desk.h"
#include "store/key_file.h"

namespace weft::engine {

Result<void> Core::begin_subs(LiveRun& parent, store::Batch& batch) {
    for (const auto& asked : parent.take_subs()) {
        WEFT_TRY_VOID(begin_sub(parent, asked, batch));
    }
    return {};
}

Result<void> Core::begin_sub(LiveRun& parent, const AskedSub& asked, store::Batch& batch) {
    const Image& image = parent.image();
    const auto& workflow = image.workflows[asked.start.workflow];
    const std::int64_t now = time_->now();
    store::RunRow row;
    row.id = asked.start.run;
    row.image = parent.row().image;
    row.parent = parent.id();
    row.begun_ms = now;
    WEFT_TRY(slot, store_->take_slot());
    row.slot = slot;
    WEFT_TRY(key, store_->keys().slot_key(slot));
    auto files = std::make_shared<RunFiles>(store_->files_folder(), row.id, key);
    files->lend(*parent.files);

    vm::Begin begin;
    begin.run = row.id;
    begin.seed = store_->entropy().bytes<32>();
    begin.workflow = asked.start.workflow;
    begin.input = Value::record(asked.start.arguments);
    if (asked.start.detached && knows_secrets(image.types)) {
        WEFT_TRY_VOID(
            secrets_->hand_on(parent.id(), parent.key(), row.id, key, begin.input, batch));
    }
    std::vector<Value> tunes;
    for (const auto& tune : workflow.tunes) tunes.push_back(tune.default_value);
    begin.tunes = Value::record(std::move(tunes));
    begin.starter = parent.machine().begin().starter;
    begin.time_ms = now;
    // A subject that can't be computed is none: the run's own.
    auto subjects = subjects_of(image, workflow, begin.input);
    if (subjects) begin.subjects = std::move(*subjects);
    WEFT_TRY(actor, system_->actor(begin.starter, now, batch));
    BeginBody body;
    body.program = image.program;
    body.image = row.image;
    body.policy = sha256(config_.digest());
    body.semantics = image.semantics;
    body.origin = Origin::SubRun;
    body.origin_run = parent.id();
    body.origin_seq = asked.start.call;
    body.origin_leaf = asked.leaf;
    body.actor = actor;
    put_subjects(row.id, begin.subjects, batch);
    batch.changes.emplace_back(store::FlowRow{parent.id(), row.id});
    WEFT_TRY(placed, place_run(row, key, parent.shared_image(), begin, encode_body(body),
                               std::move(files), batch));
    return begin_subs(*placed, batch);
}

Result<void> Core::sub_ended(LiveRun& parent, std::uint64_t call, const vm::Machine& child,
                             const Hash& leaf, const RunFiles& files, store::Batch& batch) {
    const auto& workflow = parent.image().workflows[child.begin().workflow];
    vm::SubEndedFact fact;
    fact.call = call;
    fact.status = static_cast<std::uint8_t>(child.status());
    fact.leaf = leaf;
    fact.value = child.result();
    if (child.status() == vm::RunStatus::Completed) fact.undos = child.undos();
    fact.past_no_return = child.past_no_return();
    fact.cost_micros = child.spent_micros();
    fact.currency = workflow.budget_currency;
    parent.files->lend(files);
    batch.changes.emplace_back(store::FlowRow{child.begin().run, parent.id()});
    touched_.insert(parent.id());
    return feed_run(parent, fact, {}, batch);
}

// A run that ended tells the one that waits for it; a detached one has nobody who does.
Result<void> Core::tell_parent(LiveRun& child, store::Batch& batch) {
    if (!child.row().parent) return {};
    LiveRun* parent = live(*child.row().parent);
    if (parent == nullptr || parent->ended()) return {};
    for (const auto& want : parent->machine().wants()) {
        const bool waits = want.kind == vm::WantKind::Sub || want.kind == vm::WantKind::CancelSub;
        if (!waits || want.key != child.id()) continue;
        return sub_ended(*parent, want.call, child.machine(), child.last_leaf(), *child.files,
                         batch);
    }
    return {};
}

// A sub-run past its point of no return does not take it, and is waited for.
Result<void> Core::cancel_sub(LiveRun& parent, const vm::Want& want, store::Batch& batch) {
    LiveRun* child = live(want.key);
    if (child == nullptr) return {};
    const auto name = to_hex(view(parent.id())).substr(0, 8);
    vm::CancelFact cancel{fmt::format("run {}", name), "the run that started it stopped"};
    if (!child->machine().accepts(cancel)) return {};
    FactContext context;
    WEFT_TRY(actor, system_->actor(parent.machine().begin().starter, time_->now(), batch));
    context.actor = actor;
    touched_.insert(child->id());
    return feed_run(*child, cancel, context, batch);
}

Result<void> Core::kill_subs(LiveRun& parent, const vm::KillFact& kill, const FactContext& context,
                             store::Batch& batch) {
    for (const auto& want : parent.machine().wants()) {
        if (want.kind != vm::WantKind::Sub && want.kind != vm::WantKind::CancelSub) continue;
        LiveRun* child = live(want.key);
        if (child == nullptr || child->ended()) continue;
        WEFT_TRY_VOID(kill_subs(*child, kill, context, batch));
        touched_.insert(child->id());
        WEFT_TRY_VOID(feed_run(*child, kill, context, batch));
    }
    return {};
}

// The sub-runs that a run waits for: those that ended meanwhile are told, the others go on.
Result<void> Core::take_up_subs(const store::RunId& id) {
    LiveRun* parent = live(id);
    if (parent == nullptr) return {};
    for (const auto& want : parent->machine().wants()) {
        if (want.kind != vm::WantKind::Sub && want.kind != vm::WantKind::CancelSub) continue;
        if (live(want.key) != nullptr) continue;
        WEFT_TRY(header, read_run_header(*store_, want.key));
        if (!vm::is_ended(static_cast<vm::RunStatus>(header.row.status))) {
            WEFT_TRY_VOID(take_up(want.key));
            touched_.insert(id);  // a cancel may have found nobody
            continue;
        }
        WEFT_TRY(replayed, replay(*store_, header));
        if (replayed.divergence || !replayed.machine) {
            return fail(ErrorKind::Corrupt,
                        fmt::format("sub-run {} diverges from its program at record {}",
                                    to_hex(view(want.key)).substr(0, 8), replayed.head.next_seq));
        }
        WEFT_TRY(files, files_of_run(*store_, want.key));
        Gathered batch(*this);
        WEFT_TRY_VOID(sub_ended(*parent, want.call, *replayed.machine, replayed.head.last_hash,
                                *files, batch));
        WEFT_TRY_VOID(launch(batch));
        WEFT_TRY_VOID(commit(batch));
        parent = live(id);
        if (parent == nullptr) return {};
    }
    return {};
}

}  // namespace weft::engine

// Forks: a new run begins, and what another run was told before it parts from it is told again, all
// in one commit. Nothing is sent for that; what comes behind it is the new run's own.
#include <fmt/format.h>

#include "base/check.h"
#include "base/hash.h"
#include "engine/carry.h"
#include "engine/core_gathered.h"
#include "engine/fork.h"
#include "engine/short_id.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

// The program that a run has, out of the store.
Result<RunnableProgram> stored_program(store::Store& store, const RunHeader& header) {
    RunnableProgram out;
    out.image = header.image;
    WEFT_TRY(image, store.image(header.row.image));
    WEFT_TRY(program, store.program(header.image->program));
    if (!image || !program) {
        return fail(ErrorKind::Corrupt,
                    fmt::format("the program of run {} is not there", short_id(header.row.id)));
    }
    out.encoded = std::move(image->code);
    out.ir = std::move(program->ir);
    out.source = std::move(program->source);
    return out;
}

std::unexpected<Error> refuse(const ForkRequest& request, const std::vector<std::string>& reasons,
                              const std::string& help) {
    return fail(ErrorKind::Refused,
                fmt::format("run {} can't be forked from `{}`: {}", short_id(request.origin),
                            request.from, fmt::join(reasons, "; ")),
                help);
}

}  // namespace

Result<Forked> Core::fork(const ForkRequest& request) {
    if (request.tag) {
        WEFT_TRY(before, taken_before(InboxKind::Start, *request.tag));
        if (before) {
            WEFT_TRY_VOID(take_up(before->run));
            return Forked{.run = before->run, .is_repeat = true};
        }
    }
    WEFT_TRY_VOID(check_room());
    WEFT_TRY(header, read_run_header(*store_, request.origin));
    WEFT_TRY(point, find_fork_point(*store_, header, request.from));
    if (!point.reasons.empty()) {
        return refuse(request, point.reasons, "an earlier step may do: `weft log` lists them");
    }
    RunnableProgram program;
    if (request.program) {
        program = *request.program;
    } else {
        WEFT_TRY(stored, stored_program(*store_, header));
        program = std::move(stored);
    }
    auto begin = carry_begin(*point.image, *program.image, point.begin);
    if (!begin) return refuse(request, {begin.error()}, "");
    begin->run = store_->entropy().bytes<16>();
    begin->seed = store_->entropy().bytes<32>();
    begin->starter = request.actor;
    begin->time_ms = time_->now();
    const vm::OperatorFact note{static_cast<std::uint16_t>(OperatorAction::Note), request.actor,
                                request.reason};
    auto plan =
        plan_fork(point.past, std::move(*begin), request.origin, program.image, note, time_->now());
    if (!plan.reasons.empty()) return refuse(request, plan.reasons, "");
    const auto is_live = [this](const store::RunId& other) { return live(other) != nullptr; };
    for (const auto& event : point.past.events) {
        if (event.kind != PastEvent::Kind::Lock) continue;
        WEFT_TRY(are_free, locks_->are_free(event.keys, is_live));
        if (!are_free) return refuse(request, {"another run has the lock that it had there"}, "");
    }
    Forked out{.at = point.seq, .taken = plan.taken, .dropped = plan.dropped};
    if (request.only_looks) return out;
    out.run = plan.begin.run;
    WEFT_TRY_VOID(begin_fork(request, point, program, plan));
    return out;
}

Result<void> Core::begin_fork(const ForkRequest& request, const ForkPoint& point,
                              const RunnableProgram& program, const MigrationPlan& plan) {
    Gathered batch(*this);
    const std::int64_t now = plan.begin.time_ms;
    store::RunRow row;
    row.id = plan.begin.run;
    row.image = image_hash(program.encoded);
    row.begun_ms = now;
    WEFT_TRY(slot, store_->take_slot());
    row.slot = slot;
    WEFT_TRY(key, store_->keys().slot_key(slot));
    WEFT_TRY(actor, system_->actor(request.actor, now, batch));
    BeginBody body;
    body.program = program.image->program;
    body.image = row.image;
    body.policy = sha256(config_.digest());
    body.semantics = program.image->semantics;
    body.origin = Origin::Fork;
    body.origin_run = request.origin;
    body.origin_seq = point.seq;
    body.origin_leaf = point.leaf;
    body.actor = actor;
    batch.changes.emplace_back(
        store::ProgramRow{program.image->program, program.ir, program.source});
    batch.changes.emplace_back(store::ImageRow{row.image, program.image->program,
                                               program.image->semantics, program.encoded});
    batch.changes.emplace_back(store::FlowRow{request.origin, row.id});
    put_subjects(row.id, plan.begin.subjects, batch);
    if (request.tag) put_start(row.id, *request.tag, 0, batch);
    auto files = std::make_shared<RunFiles>(store_->files_folder(), row.id, key);
    WEFT_TRY(origins, files_of_run(*store_, request.origin));
    files->lend(*origins);
    WEFT_TRY(run, place_run(row, key, program.image, plan.begin, encode_body(body),
                            std::move(files), batch));
    auto done = tell_fork(*run, plan, actor, batch);
    if (done) done = launch(batch);
    if (done) done = commit(batch);
    if (!done) forget_begun(row.id);
    return done;
}

Result<void> Core::tell_fork(LiveRun& run, const MigrationPlan& plan, const Bytes16& actor,
                             store::Batch& batch) {
    WEFT_TRY_VOID(begin_subs(run, batch));
    for (const auto& told : plan.facts) {
        FactContext context;
        const bool is_note = std::holds_alternative<vm::OperatorFact>(told.fact);
        context.actor = is_note ? actor : told.actor;
        context.copied = !is_note;
        if (std::holds_alternative<vm::LockGotFact>(told.fact)) {
            const auto is_live = [this](const store::RunId& other) {
                return live(other) != nullptr;
            };
            WEFT_TRY(given,
                     locks_->settle(run.id(), run.machine().lock(), time_->now(), is_live, batch));
            WEFT_CHECK(given);  // nobody else had it a moment ago
        }
        WEFT_TRY_VOID(feed_run(run, told.fact, context, batch));
    }
    return {};
}

// Of a run whose begin was not committed nothing stays.
void Core::forget_begun(const store::RunId& run) {
    store::Batch none;
    const auto nobody = [](const store::RunId&) { return false; };
    static_cast<void>(locks_->settle(run, std::nullopt, time_->now(), nobody, none));
    touched_.erase(run);
    runs_.erase(run);
}

}  // namespace weft::engine

// Requests of operators: cancel, kill, hold, release, settle. Each takes the run up, since its
// machine decides what it takes, and each leaves who and why in the log.
#include <fmt/format.h>

#include <algorithm>

#include "engine/request_context.h"
#include "engine/sites.h"

namespace weft::engine {
namespace {

// The run's status once it was done, whether just now or by an earlier sending.
Result<Json> done_to_run(const RequestContext& request, const Taken& taken) {
    Json out;
    out["run"] = to_hex(view(taken.run));
    if (LiveRun* left = request.core.live(taken.run)) {
        out["status"] = status_name(left->machine().status());
    } else {
        WEFT_TRY(row, request.core.store().run(taken.run));
        if (!row) return fail(ErrorKind::NotFound, "the run is not in this store any more");
        out["status"] = status_name(static_cast<vm::RunStatus>(row->status));
    }
    out["seq"] = taken.seq ? Json(*taken.seq) : Json();
    out["repeat"] = taken.is_repeat;
    return out;
}

Result<LiveRun*> take_up_run(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY_VOID(request.core.take_up(id));
    LiveRun* run = request.core.live(id);
    if (run == nullptr) return fail(ErrorKind::Refused, "the run has ended already");
    return run;
}

Result<std::string> reason_of(const RequestContext& request, std::string_view what) {
    std::string reason = request.text("reason");
    if (reason.empty()) return fail(ErrorKind::Usage, fmt::format("{} needs a reason", what));
    return reason;
}

// The doubt at `site`: the path of its step, or the seq of its call where several branches have it.
Result<vm::Want> find_doubt(const LiveRun& run, const std::string& site) {
    const auto& steps = run.image().steps;
    std::vector<vm::Want> found;
    std::vector<std::string> open;
    for (auto& want : run.machine().wants()) {
        if (want.kind != vm::WantKind::Settle) continue;
        open.push_back(fmt::format("{} (call {})", steps[want.step].path, want.call));
        bool named = steps[want.step].path == site || std::to_string(want.call) == site;
        if (named) found.push_back(std::move(want));
    }
    if (found.size() == 1) return found.front();
    if (open.empty()) {
        return fail(ErrorKind::Refused, "no step of the run waits for a person's word",
                    "`weft show` says what it waits for");
    }
    return fail(found.empty() ? ErrorKind::NotFound : ErrorKind::Usage,
                fmt::format("`{}` names {} of the steps in doubt", site,
                            found.empty() ? "none" : "several"),
                fmt::format("these are: {}", fmt::join(open, ", ")));
}

// The compensation that is stuck at `site`: the path of the step that it undoes, or the seq of its
// call.
Result<vm::StuckUndo> find_stuck(const LiveRun& run, const std::string& site) {
    std::vector<vm::StuckUndo> found;
    std::vector<std::string> open;
    for (const auto& undo : run.machine().stuck_undos()) {
        const auto path = site_path(run.image(), undo.site);
        open.push_back(fmt::format("{} (call {})", path, undo.call));
        if (path == site || std::to_string(undo.call) == site) found.push_back(undo);
    }
    if (found.size() == 1) return found.front();
    if (open.empty()) {
        return fail(ErrorKind::Refused, "no compensation of the run is stuck",
                    "`weft show` says what it waits for");
    }
    return fail(found.empty() ? ErrorKind::NotFound : ErrorKind::Usage,
                fmt::format("`{}` names {} of the compensations that are stuck", site,
                            found.empty() ? "none" : "several"),
                fmt::format("these are: {}", fmt::join(open, ", ")));
}

// A run that nobody holds; one may still wait for a person's word, and is called held for that.
std::unexpected<Error> fail_to_release(const LiveRun& run) {
    for (const auto& want : run.machine().wants()) {
        if (want.kind != vm::WantKind::Settle) continue;
        return fail(
            ErrorKind::Refused,
            fmt::format("a release does not let it go on: it waits for a word on whether {} "
                        "had its effect",
                        run.image().steps[want.step].path),
            "`weft settle` says so; `weft why` has the whole command");
    }
    return fail(ErrorKind::Refused, "the run is not held", "`weft why` says what it waits for");
}

// What a person says of a step in doubt.
Result<vm::SettledFact> settlement_of_doubt(const RequestContext& request, const LiveRun& run,
                                            bool is_done, store::Batch& deposits) {
    WEFT_TRY(want, find_doubt(run, request.text("site")));
    vm::SettledFact fact;
    fact.call = want.call;
    fact.done = is_done;
    if (!is_done) return fact;
    const auto& image = run.image();
    TypeId type = image.steps[want.step].result_type;
    auto& secrets = request.core.secrets();
    WEFT_TRY(given, secrets.with_named(image.types, type, request.text("value", "null")));
    auto value = from_json(image.types, type, given);
    if (!value) {
        return fail(ErrorKind::Usage,
                    fmt::format("the value of {} is a {}{}: {}", image.steps[want.step].path,
                                image.types.text(type), value.error().path, value.error().message));
    }
    WEFT_TRY(kept, secrets.deposit(run.row(), run.key(), image.types, type, *value, deposits));
    fact.value = std::move(kept);
    return fact;
}

// … and of a compensation that is stuck.
Result<vm::SettledFact> settlement_of_undo(const RequestContext& request, const LiveRun& run,
                                           bool is_undone) {
    WEFT_TRY(undo, find_stuck(run, request.text("site")));
    vm::SettledFact fact;
    fact.call = undo.call;
    fact.done = is_undone;
    return fact;
}

}  // namespace

Result<Json> answer_cancel(const RequestContext& request) {
    WEFT_TRY(before, request.taken_before(InboxKind::Cancel));
    if (before) return done_to_run(request, *before);
    WEFT_TRY(run, take_up_run(request));
    if (run->machine().past_no_return()) {
        return fail(ErrorKind::Refused, "the run is past its point of no return",
                    "it goes on to its end; `weft kill` stops it without undoing anything");
    }
    vm::CancelFact fact{request.actor, request.text("reason")};
    WEFT_TRY(taken, request.core.take(run->id(), request.incoming(InboxKind::Cancel, fact)));
    return done_to_run(request, taken);
}

Result<Json> answer_kill(const RequestContext& request) {
    WEFT_TRY(before, request.taken_before(InboxKind::Kill));
    if (before) return done_to_run(request, *before);
    WEFT_TRY(reason, reason_of(request, "a kill"));
    WEFT_TRY(run, take_up_run(request));
    vm::KillFact fact{request.actor, reason};
    WEFT_TRY(taken, request.core.take(run->id(), request.incoming(InboxKind::Kill, fact)));
    return done_to_run(request, taken);
}

Result<Json> answer_hold(const RequestContext& request) {
    WEFT_TRY(before, request.taken_before(InboxKind::Hold));
    if (before) return done_to_run(request, *before);
    WEFT_TRY(reason, reason_of(request, "a hold"));
    WEFT_TRY(run, take_up_run(request));
    vm::HeldByOperatorFact fact{request.actor, reason};
    if (!run->machine().accepts(fact)) return fail(ErrorKind::Refused, "the run is held already");
    WEFT_TRY(taken, request.core.take(run->id(), request.incoming(InboxKind::Hold, fact)));
    return done_to_run(request, taken);
}

Result<Json> answer_release(const RequestContext& request) {
    WEFT_TRY(before, request.taken_before(InboxKind::Release));
    if (before) return done_to_run(request, *before);
    WEFT_TRY(run, take_up_run(request));
    vm::ReleasedFact fact{request.actor, request.text("reason")};
    if (!run->machine().accepts(fact)) return fail_to_release(*run);
    WEFT_TRY(taken, request.core.take(run->id(), request.incoming(InboxKind::Release, fact)));
    return done_to_run(request, taken);
}

Result<Json> answer_accept_clock(const RequestContext& request) {
    WEFT_TRY(reason, reason_of(request, "accepting the clock"));
    WEFT_TRY_VOID(request.core.accept_clock(request.actor, reason));
    return Json::object();
}

Result<Json> answer_settle(const RequestContext& request) {
    WEFT_TRY(before, request.taken_before(InboxKind::Settle));
    if (before) return done_to_run(request, *before);
    WEFT_TRY(reason, reason_of(request, "a settlement"));
    std::string verdict = request.text("verdict");
    const bool is_undo = verdict == "undone" || verdict == "left";
    if (!is_undo && verdict != "done" && verdict != "not-done") {
        return fail(ErrorKind::Usage, fmt::format("`{}` is no verdict", verdict),
                    "done with the step's value, or not-done; of a compensation undone or left");
    }
    WEFT_TRY(run, take_up_run(request));
    store::Batch deposits;
    WEFT_TRY(fact, is_undo ? settlement_of_undo(request, *run, verdict == "undone")
                           : settlement_of_doubt(request, *run, verdict == "done", deposits));
    // The operator's record first: it has who and why, the settlement what.
    const auto action = verdict == "left" ? OperatorAction::Skip : OperatorAction::Settle;
    Incoming incoming = request.incoming(
        InboxKind::Settle,
        vm::OperatorFact{static_cast<std::uint16_t>(action), request.actor, reason});
    incoming.facts.emplace_back(std::move(fact));
    incoming.changes = std::move(deposits.changes);
    WEFT_TRY(taken, request.core.take(run->id(), incoming));
    return done_to_run(request, taken);
}

}  // namespace weft::engine

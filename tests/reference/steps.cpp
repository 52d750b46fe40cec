// Steps: `when`, scopes with handlers and passes, composite steps, runs of other workflows.
#include <algorithm>

#include "tests/reference/run.h"

namespace weft::reference {
namespace {

constexpr auto kTooLate = "the step was not done within its time";

}  // namespace

// Closes its scope however the step is left.
struct OpenScope {
    Run& run;
    Branch& branch;
    Frame& frame;
    Scope& scope;
    bool is_open = true;

    OpenScope(Run& r, Branch& b, Scope& s) : run(r), branch(b), frame(*b.frame), scope(s) {
        frame.scopes.push_back(&scope);
    }
    OpenScope(const OpenScope&) = delete;
    OpenScope& operator=(const OpenScope&) = delete;
    ~OpenScope() { close(); }
    void close() {
        if (std::exchange(is_open, false)) run.close(branch, frame, scope);
    }
};

void Run::close(Branch& branch, Frame& frame, Scope& scope) {
    std::erase(frame.scopes, &scope);
    drop_timer(scope.timer);
    if (branch.unwinds == &scope) branch.unwinds = nullptr;
}

Task<> Run::step(Branch& branch, const ir::Step& step) {
    if (step.when.has_value()) {
        branch.env()[step.result.index] = Value();
        const Value wanted = co_await value(branch, step.when);
        if (!wanted.as_bool()) co_return;
    }
    const auto& policy = step.policy;
    const bool does_something =
        !step.handlers.empty() ||
        (step.body.has_value() && (policy.retries > 0 || policy.then_hold || policy.within_ms > 0 ||
                                   step.until.has_value()));
    if (step.body.has_value()) branch.env()[step.result.index] = Value();
    if (does_something) {
        co_await guarded(branch, step);
    } else {
        co_await inside(branch, step, branch.undo.size());
    }
}

Task<> Run::inside(Branch& branch, const ir::Step& step, std::size_t undo_height) {
    if (step.workflow != ir::kNoWorkflow) {
        co_await run_sub(branch, step);
    } else if (!step.body.has_value()) {
        co_await call(branch, step);
    } else {
        Value given = co_await block(branch, step.body);
        branch.env()[step.result.index] = given;
        if (step.undo.kind == ir::Undo::Kind::Run) replace_undos(branch, undo_height, step.undo);
    }
}

Task<> Run::guarded(Branch& branch, const ir::Step& step) {
    std::optional<Value> until;  // of an effect or a run it stands with them
    if (step.body.has_value() && step.until.has_value()) {
        until = co_await value(branch, step.until);
    }
    Scope scope{
        .step = &step, .undo_height = branch.undo.size(), .irreversible = branch.irreversible};
    OpenScope open(*this, branch, scope);
    std::optional<Value> error;
    for (bool again = false; !error; again = true) {
        try {
            co_await pass(branch, step, scope, until, again);
            co_return;
        } catch (const Taken& taken) {
            if (taken.by != &scope) throw;
            if (taken.how == Taking::Handle) error = taken.error;
            if (taken.how == Taking::Again) ++scope.passes;
        } catch (const LeaveOff&) {
            if (branch.in_hook() || branch.is_stopping || branch.unwinds != &scope) throw;
            error = error_value({.name = "Timeout", .message = kTooLate, .step = step.path});
        }
    }
    const bool is_handled = handles(scope, name_of(*error));
    open.close();
    while (!is_handled) co_await raise(branch, *error);
    co_await handle(branch, step, scope.undo_height, *error);
}

// One pass of the code inside; a later one after a backoff, as the next generation.
Task<> Run::pass(Branch& branch, const ir::Step& step, Scope& scope, std::optional<Value> until,
                 bool again) {
    if (again) {
        co_await wait_for_pass(branch, step, scope);
    } else {
        co_await at_site(branch);
        const bool has_time = until || (step.body.has_value() && step.policy.within_ms > 0);
        if (has_time && !branch.in_undo() && !branch.is_shielded) {
            scope.timer =
                set_timer({.role = Timer::Role::BlockDeadline,
                           .due_ms = until ? due_of(*until) : now_ms_ + step.policy.within_ms,
                           .branch = &branch,
                           .scope = &scope,
                           .until = until.has_value()},
                          TimerPurpose::Deadline, "block " + step.path);
        }
    }
    co_await inside(branch, step, scope.undo_height);
}

Task<> Run::wait_for_pass(Branch& branch, const ir::Step& step, const Scope& scope) {
    if (!branch.in_undo()) {
        co_await undo_down_to(branch, scope.undo_height);
        while (branch.must_stop()) co_await leave_off(branch);
    }
    for (;;) {
        auto timer = set_timer({.role = Timer::Role::Rest,
                                .due_ms = now_ms_ + jitter(step.policy, scope.passes),
                                .branch = &branch},
                               TimerPurpose::Backoff, "block " + step.path);
        const auto event = co_await rest(branch, Rest::Timer);
        if (event.what == Event::What::Turn) break;
        drop_timer(timer);
        co_await leave_off(branch);
    }
    ++branch.generation;
}

// One declared error alone shows its own fields; of any others they are Json.
Value Run::error_for(const ir::Handler& handler, const Value& error) const {
    const auto& type = module_.types[module_.locals[handler.error].type];
    const bool shows_who_and_why = type.name == "error Rejected";
    const bool is_one =
        handler.errors.size() == 1 && evaluator_.declared(handler.errors.front()) != nullptr;
    return is_one || shows_who_and_why ? error : evaluator_.widened(error);
}

// What the block had done is undone, then the handler that takes the error goes on.
Task<> Run::handle(Branch& branch, const ir::Step& step, std::size_t undo_height, Value error) {
    if (!branch.in_undo() && !branch.in_hook()) {
        co_await undo_down_to(branch, undo_height);
        while (branch.must_stop()) co_await leave_off(branch);
    }
    co_await next_turn(branch);
    for (const auto& handler : step.handlers) {
        const bool takes_it =
            handler.errors.empty() ||
            std::ranges::find(handler.errors, name_of(error)) != handler.errors.end();
        if (!takes_it) continue;
        if (handler.error.has_value()) {
            branch.env()[handler.error.index] = error_for(handler, error);
        }
        branch.env()[step.result.index] = Value();
        Value given = co_await block(branch, handler.body);
        branch.env()[step.result.index] = given;
        co_return;
    }
}

Task<> Run::run_sub(Branch& branch, const ir::Step& step) {
    const auto undo_height = branch.undo.size();
    const auto arguments = co_await values(branch, step.args);
    std::optional<Value> until;
    if (step.until.has_value()) until = co_await value(branch, step.until);
    const std::string place = "run " + step.path;
    for (bool is_over = false; !is_over;) {
        co_await at_site(branch);
        const auto seq = next_seq_;
        SubStartBody body;
        body.child = named("weft-sub-1", seq);
        body.workflow = step.workflow;
        body.detached = step.detached;
        out_.subs.push_back({body.child, step.workflow, step.detached, arguments});
        const Value payload = Value::list(arguments);
        log(RecordKind::SubStart, place, branch.id, body, &payload);
        if (step.detached) {
            branch.last_call = seq;
            branch.last_order = ++completions_;
            branch.last_place = place;
            branch.last_is_hit = false;
            branch.env()[step.result.index] = Value::text(to_hex(view(body.child)));
            break;
        }
        Sub sub{.branch = &branch, .step = &step, .run = body.child};
        sub.counts_irreversible = !branch.is_shielded && !branch.in_undo() &&
                                  may_be_irreversible(module_.workflows[step.workflow].body);
        if (sub.counts_irreversible) count_irreversible(branch, true);
        if (until || step.policy.within_ms > 0) {
            sub.timer =
                set_timer({.role = Timer::Role::SubDeadline,
                           .due_ms = until ? due_of(*until) : now_ms_ + step.policy.within_ms,
                           .number = seq,
                           .branch = &branch,
                           .until = until.has_value()},
                          TimerPurpose::Deadline, place);
        }
        subs_.emplace(seq, sub);
        const auto event = co_await rest(branch, Rest::Sub);
        const Fact& fact = event.fact;
        const auto& child = dynamic_cast<const Run&>(*fact.child);
        sub = subs_.at(seq);
        subs_.erase(seq);
        drop_timer(sub.timer);
        const bool is_done = *child.ended() == EndStatus::Completed;
        if (sub.counts_irreversible && !(is_done && child.past_no_return())) {
            count_irreversible(branch, false);
        }
        if (!is_done) {
            if (branch.must_stop()) {
                co_await leave_off(branch);
            } else if (sub.is_late) {
                // (Made first: g++ 12 moves such a temporary bytewise when it is awaited.)
                const Value late =
                    error_value({.name = "Timeout", .message = kTooLate, .step = step.path});
                co_await raise(branch, late);
            } else {
                co_await raise(branch, child.result());
            }
            continue;
        }
        // What it did takes its place among what this run can undo.
        if (!branch.is_shielded) {
            for (auto entry : child.undos()) {
                if (entry.call != 0) entry.covers.push_back({{}, entry.call});
                for (auto& covered : entry.covers) {
                    if (covered.run == Bytes16{}) covered.run = body.child;
                }
                entry.call = seq;
                entry.order = ++completions_;
                branch.undo.push_back(std::move(entry));
            }
        }
        branch.last_call = seq;
        branch.last_order = ++completions_;
        branch.last_place = place;
        branch.last_is_hit = false;
        if (sub.counts_irreversible && child.past_no_return()) cancel_lost(branch);
        co_await next_turn(branch);
        branch.env()[step.result.index] = child.result();
        is_over = true;
    }
    if (step.undo.kind == ir::Undo::Kind::Missing) co_return;
    replace_undos(branch, undo_height, step.undo);
    branch.cut.clear();
}

}  // namespace weft::reference

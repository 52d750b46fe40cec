// Errors and what becomes of them: taken, held for a person, or everything is undone.
#include <algorithm>

#include "tests/reference/run.h"

namespace weft::reference {
namespace {

constexpr auto kLate = "the step was not done within its time";

}  // namespace

bool is_retried(const Policy& policy, const std::string& name) {
    if (policy.retry_on.empty()) {
        return name == "Transient" || name == "Timeout" || name == "Unavailable" || name == "Guard";
    }
    return std::ranges::find(policy.retry_on, name) != policy.retry_on.end();
}

// A logged statement: here a branch is stopped, and here the run as a whole rests.
Task<> Run::at_site(Branch& branch) {
    for (;;) {
        if (is_held_) {
            parked_.insert(branch.id);
            const auto event = co_await rest(branch, Rest::Parked);
            if (event.what != Event::What::Stop) continue;
        }
        if (!branch.must_stop()) co_return;
        co_await leave_off(branch);
    }
}

// Leaves for the scope whose time is over, or ends the branch. Returns when it may not, because
// nothing can be undone any more: then what was being done is done again once the run is released.
Task<> Run::leave_off(Branch& branch) {
    if (branch.in_hook() || branch.is_stopping) throw LeaveOff{};
    const Scope& scope = *branch.unwinds;
    if (!deadline_must_hold(branch, scope)) throw LeaveOff{};
    branch.unwinds = nullptr;
    hold_run("block " + scope.step->path, branch.id,
             error_value({.name = "Timeout", .message = kLate, .step = scope.step->path}));
    parked_.insert(branch.id);
    const auto event = co_await rest(branch, Rest::Parked);
    if (event.what == Event::What::Stop) co_await leave_off(branch);
}

// Throws the error to whatever takes it. Returns when it was held instead, and released: then what
// failed is done once more.
Task<> Run::raise(Branch& branch, Value error, std::string place) {
    if (!branch.in_hook() && branch.must_stop()) {
        co_await leave_off(branch);
        co_return;
    }
    const auto name = name_of(error);
    const bool is_own = branch.frame->kind == Frame::Kind::Own && !branch.is_shielded;
    if (is_own && must_hold(branch, name)) {
        co_await hold(branch, error, HoldReason::NoReturn, 0, place);
        co_return;
    }
    auto& scopes = branch.frame->scopes;
    for (auto it = scopes.rbegin(); it != scopes.rend(); ++it) {
        Scope* scope = *it;
        const auto how = takes(*scope, name);
        if (how == Taking::No) continue;
        if (how == Taking::Hold) {
            co_await hold(branch, error, HoldReason::ThenHold, 0, place, true);
        }
        throw Taken{scope, how == Taking::Hold ? Taking::Again : how, error};
    }
    throw Untaken{error};
}

// Rests until an operator releases it.
Task<> Run::hold(Branch& branch, Value error, HoldReason reason, std::uint64_t call,
                 std::string place, bool of_scope) {
    held_.insert(branch.id);
    branch.holds_scope = of_scope;
    HoldBody body;
    body.reason = reason;
    body.call = call;
    log(RecordKind::Hold, place, branch.id, body, &error);
    const auto event = co_await rest(branch, Rest::Held);
    branch.holds_scope = false;
    held_.erase(branch.id);
    if (event.what == Event::What::Stop) co_await leave_off(branch);
}

void Run::hold_run(const std::string& place, BranchId branch, const Value& error) {
    is_held_ = true;
    HoldBody body;
    body.reason = HoldReason::NoReturn;
    log(RecordKind::Hold, place, branch, body, &error);
}

Taking Run::takes(const Scope& scope, const std::string& error) const {
    if (scope.step == nullptr) return Taking::Handle;
    // The clauses of a plain step are about its attempts; of a composite one about its block.
    if (scope.step->body.has_value() && is_retried(scope.step->policy, error)) {
        if (scope.passes < scope.step->policy.retries) return Taking::Again;
        if (scope.step->policy.then_hold) return Taking::Hold;
    }
    return handles(scope, error) ? Taking::Handle : Taking::No;
}

bool Run::handles(const Scope& scope, const std::string& error) const {
    return std::ranges::any_of(scope.step->handlers, [&](const ir::Handler& handler) {
        return handler.errors.empty() ||
               std::ranges::find(handler.errors, error) != handler.errors.end();
    });
}

// Whether the error would reach past an effect that nothing undoes. Of the branch's own scopes
// those below `below` count.
bool Run::must_hold(const Branch& branch, std::string error, const Scope* below) const {
    const Branch* at = &branch;
    for (;;) {
        const auto& scopes = at->own_scopes();
        auto from = scopes.rbegin();
        if (below != nullptr) {
            from = std::ranges::find(scopes.rbegin(), scopes.rend(), below);
            ++from;
        }
        for (auto it = from; it != scopes.rend(); ++it) {
            if (takes(**it, error) != Taking::No) return (*it)->irreversible != at->irreversible;
        }
        if (at->parent == nullptr) return at->irreversible > 0;
        const Fork& fork = *at->parent->fork;
        if (tolerates(fork, failing_with(fork, at->item).size())) return at->irreversible > 0;
        if (fork.join == JoinRule::Collect) error = "TooManyErrors";
        at = at->parent;
        below = nullptr;
    }
}

bool Run::deadline_must_hold(const Branch& branch, const Scope& scope) const {
    if (branch.is_shielded) return false;
    if (handles(scope, "Timeout")) return scope.irreversible != branch.irreversible;
    return must_hold(branch, "Timeout", &scope);
}

// In the branch and all around it.
void Run::count_irreversible(Branch& branch, bool done) {
    for (Branch* at = &branch; at != nullptr; at = at->parent) {
        if (done) {
            ++at->irreversible;
        } else {
            --at->irreversible;
        }
    }
}

void Run::register_undo(Branch& branch, const ir::Undo& undo) {
    if (undo.kind != ir::Undo::Kind::Run || branch.is_shielded) return;
    if (std::exchange(branch.last_is_hit, false)) return;  // whoever had the effect undoes it
    branch.undo.push_back({undo.body, branch.env(), branch.last_call, branch.last_order,
                           std::exchange(branch.cut, {}), branch.last_place});
}

// A composite's own compensation, in the place of those inside.
void Run::replace_undos(Branch& branch, std::size_t above, const ir::Undo& undo) {
    branch.last_is_hit = false;
    branch.cut.clear();
    while (branch.undo.size() > above) {
        const auto entry = std::move(branch.undo.back());
        branch.undo.pop_back();
        branch.cut.insert(branch.cut.end(), entry.covers.begin(), entry.covers.end());
        if (entry.call != 0) branch.cut.push_back({{}, entry.call});
    }
    register_undo(branch, undo);
}

// Undoes what was done above `floor`, last first.
Task<> Run::undo_down_to(Branch& branch, std::size_t floor, bool ends_run) {
    branch.is_undoing = true;
    std::vector<UndoEntry> set_aside;
    Value error;
    for (;;) {
        while (branch.undo.size() > floor && (!workflow_.strict_order || set_aside.empty())) {
            UndoEntry entry = std::move(branch.undo.back());
            branch.undo.pop_back();
            co_await undo_one(branch, std::move(entry), set_aside, error, ends_run);
        }
        if (set_aside.empty()) break;
        HoldBody body;
        body.reason = HoldReason::Stuck;
        body.call = set_aside.front().call;
        log(RecordKind::Hold, set_aside.front().place, branch.id, body, &error);
        held_.insert(branch.id);
        branch.set_aside = &set_aside;
        branch.undo_ends_run = ends_run;
        co_await rest(branch, Rest::Stuck);
        branch.set_aside = nullptr;
        held_.erase(branch.id);
        // They are tried again, the last done first.
        std::ranges::reverse(set_aside);
        for (auto& entry : set_aside) branch.undo.push_back(std::move(entry));
        set_aside.clear();
    }
    branch.is_undoing = false;
}

Task<> Run::undo_one(Branch& branch, UndoEntry entry, std::vector<UndoEntry>& set_aside,
                     Value& error, bool ends_run) {
    UndoBeginBody begin;
    begin.call = entry.call;
    begin.entry = branch.undo.size();
    log(RecordKind::UndoBegin, entry.place, branch.id, begin);
    Frame frame{Frame::Kind::Undo, entry.env, {}, branch.frame};
    branch.frame = &frame;
    co_await next_turn(branch);
    std::optional<Value> failed;
    try {
        co_await block(branch, entry.body);
    } catch (const Untaken& untaken) {
        failed = untaken.error;
    }
    branch.frame = frame.below;
    UndoEndBody end;
    end.call = entry.call;
    end.status = failed ? UndoStatus::SetAside : UndoStatus::Done;
    log(RecordKind::UndoEnd, entry.place, branch.id, end);
    if (failed) {
        error = *failed;
        set_aside.push_back(std::move(entry));
        co_return;
    }
    note_undone(entry);
    if (ends_run) ++undone_;
}

void Run::note_undone(const UndoEntry& entry) {
    for (const auto& covered : entry.covers) {
        out_.keys.push_back({.run = covered.run,
                             .call = covered.call,
                             .what = KeyNote::What::Undone,
                             .path = {},
                             .worker = {},
                             .cache_key = {},
                             .cache_ms = 0});
    }
    if (entry.call == 0) return;
    out_.keys.push_back({.run = {},
                         .call = entry.call,
                         .what = KeyNote::What::Undone,
                         .path = {},
                         .worker = {},
                         .cache_key = {},
                         .cache_ms = 0});
}

}  // namespace weft::reference

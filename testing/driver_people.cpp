// The world outside: decisions of the script, each for the first open task that it fits; signals;
// locks, which only the runs of the test hold.
#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "testing/driver.h"

namespace weft::test {
namespace {

vm::Decision decision_of(ir::Decide::Verdict verdict) {
    switch (verdict) {
        case ir::Decide::Verdict::Reject:
            return vm::Decision::Reject;
        case ir::Decide::Verdict::Revise:
            return vm::Decision::Revise;
        case ir::Decide::Verdict::Approve:
            break;
    }
    return vm::Decision::Approve;
}

bool has(const std::vector<std::string>& list, const std::string& text) {
    return std::ranges::find(list, text) != list.end();
}

}  // namespace

// As many as the line of the review needs; asked again when the script may have more.
bool Driver::decide(DrivenRun& run, const vm::Want& want) {
    const auto& row = image().reviews[want.review];
    auto& approvals = run.decided[{want.task, want.line}];
    bool acted = false;
    for (auto& decision : script_.decisions) {
        if (approvals >= row.approvals_needed) break;
        const bool fits = !decision.is_used && has(decision.paths, row.path) &&
                          has(row.roles_of(want.line), decision.role);
        if (!fits || !schedule(run, want, decision)) continue;
        acted = true;
        const bool goes_on = decision.verdict == ir::Decide::Verdict::Revise && row.goes_on;
        if (decision.verdict == ir::Decide::Verdict::Approve) {
            ++approvals;
        } else {
            approvals = goes_on ? 0 : row.approvals_needed;
        }
    }
    return acted;
}

bool Driver::schedule(const DrivenRun& run, const vm::Want& want, ScriptedDecision& decision) {
    const auto& row = image().reviews[want.review];
    vm::DecisionFact fact;
    fact.task = want.task;
    fact.decision = decision_of(decision.verdict);
    fact.by = decision.actor;
    fact.role = decision.role;
    fact.reason = decision.reason;
    if (decision.form) fact.values = {*decision.form};
    if (fact.decision == vm::Decision::Revise) {
        fact.values = want.shown;
        for (const auto& [name, value] : decision.revisions) {
            const auto found = std::ranges::find(row.names, name);
            if (found == row.names.end()) return false;
            fact.values[static_cast<std::size_t>(found - row.names.begin())] = value;
        }
    }
    decision.is_used = true;
    plan(run, now_ms_ + decision.delay_ms, Class::Inbox, std::move(fact));
    return true;
}

// Each signal is for the first run that declares it.
void Driver::send_signals(const DrivenRun& run) {
    for (auto& signal : script_.signals) {
        if (signal.is_used) continue;
        const auto to = std::ranges::find_if(
            signal.to, [&](const auto& one) { return one.first == run.begin.workflow; });
        if (to == signal.to.end()) continue;
        signal.is_used = true;
        vm::SignalFact fact;
        fact.signal = to->second;
        fact.tag = to_array<16>(view(sha256(fmt::format("signal {}", planned_))));
        fact.value = signal.value;
        fact.by = "tester";
        plan(run, now_ms_ + signal.delay_ms, Class::Inbox, std::move(fact));
    }
}

bool Driver::give_lock(DrivenRun& run, const vm::Want& want) {
    for (const auto& other : runs_) {
        const auto lock = other->machine->lock();
        if (other.get() == &run || other->has_ended() || !lock || !lock->is_held) continue;
        const bool is_taken =
            std::ranges::any_of(want.keys, [&](const auto& key) { return has(lock->keys, key); });
        if (is_taken) return false;
    }
    const vm::LockGotFact fact{want.lock};
    if (!run.machine->accepts(fact)) return false;
    feed(run, fact);
    return true;
}

}  // namespace weft::test

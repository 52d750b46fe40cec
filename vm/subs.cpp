// Sub-runs: a workflow of the same image in a run of its own. The branch rests until it has ended;
// its error is raised here, and what it did takes its place among what this run can undo.
#include <algorithm>
#include <limits>

#include "base/hash.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

Bytes16 sub_run_id(const Begin& begin, std::uint64_t seq) {
    ByteWriter input;
    input.raw("weft-sub-1");
    input.raw(view(begin.run));
    input.u64(seq);
    return to_array<16>(view(hmac_sha256(view(begin.seed), input.bytes())));
}

}  // namespace

bool Machine::State::run_sub(Branch& branch) {
    const auto x = branch.instruction();
    const auto row_number = image->sites[x.d].row;
    const auto& row = image->subs[row_number];
    auto& registers = branch.frame().registers;
    SubStart start;
    start.call = next_seq;
    start.run = sub_run_id(begin, start.call);
    start.workflow = row.workflow;
    start.detached = row.detached;
    start.arguments = registers.range(x.b, x.c);
    std::optional<Due> end;
    if (row.within_ms > 0) end = Due{after(row.within_ms), false};
    if (x.op == Opcode::RunSubUntil) {
        end = time_due(registers[x.b + std::size_t{x.c}]);
        if (!end) {
            raise(branch, evaluator.trap(place(branch), "a step's last moment is no Time"));
            return false;
        }
    }
    const auto payload = Value::list(start.arguments);
    if (payload.tree_size() > kValueSizeMax || payload.depth() > kValueDepthMax) {
        raise(branch, evaluator.trap(place(branch), "the arguments are too large"));
        return false;
    }
    SubStartBody body;
    body.child = start.run;
    body.workflow = start.workflow;
    body.detached = start.detached;
    const auto seq = start.call;
    progress.subs.push_back(start);
    if (row.detached) {
        emit(RecordKind::SubStart, x.d, branch.id, body, &payload);
        branch.last_call = seq;
        branch.last_order = ++completions;
        branch.last_site = x.d;
        branch.last_is_hit = false;
        branch.cut.clear();
        registers.set(x.a, Value::text(to_hex(view(start.run))));
        ++branch.frame().pc;
        return true;
    }
    Sub sub{.seq = seq, .branch = branch.id, .site = x.d, .row = row_number, .run = start.run};
    sub.counts_irreversible = may_be_irreversible[image->workflows[row.workflow].function] &&
                              !branch.is_shielded && !branch.is_undoing();
    if (sub.counts_irreversible) count_irreversible(branch, true);
    branch.rest = Rest::Sub;
    branch.waits_for = seq;
    emit(RecordKind::SubStart, x.d, branch.id, body, &payload);
    if (end) {
        sub.timer = set_timer({.role = TimerRole::SubDeadline,
                               .due_ms = end->ms,
                               .call = seq,
                               .branch = branch.id,
                               .until = end->until},
                              x.d);
    }
    subs.emplace(seq, sub);
    return false;
}

bool Machine::State::fits(const SubEndedFact& fact) const {
    if (!subs.contains(fact.call) || !vm::is_ended(static_cast<RunStatus>(fact.status))) {
        return false;
    }
    return std::ranges::all_of(fact.undos, [&](const auto& undo) {
        return undo.function < image->functions.size() &&
               image->functions[undo.function].kind == FunctionKind::Undo &&
               image->functions[undo.function].parameters == undo.captures.size();
    });
}

void Machine::State::on(const SubEndedFact& fact) {
    auto sub = subs.at(fact.call);
    subs.erase(fact.call);
    drop_timer(sub.timer);
    const bool counts = !workflow->has_budget || fact.currency == workflow->budget_currency;
    if (counts && fact.cost_micros > 0 &&
        __builtin_add_overflow(spent_micros, fact.cost_micros, &spent_micros)) {
        spent_micros = std::numeric_limits<std::int64_t>::max();
    }
    auto& branch = branches.at(sub.branch);
    touch(branch);
    const bool is_done = static_cast<RunStatus>(fact.status) == RunStatus::Completed;
    if (sub.counts_irreversible && !(is_done && fact.past_no_return)) {
        count_irreversible(branch, false);
    }
    if (is_done) {
        sub_succeeded(branch, sub, fact);
    } else if (branch.must_stop()) {
        stopped(branch);
    } else if (sub.is_late) {
        raise(branch, make_error({.name = "Timeout",
                                  .message = "the step was not done within its time",
                                  .step = image->subs[sub.row].path}));
    } else {
        raise(branch, fact.value);
    }
}

void Machine::State::sub_succeeded(Branch& branch, const Sub& sub, const SubEndedFact& fact) {
    // Each has its own place in the order, so that nothing that sorts them can mix them up.
    if (!branch.is_shielded) {
        for (const auto& undo : fact.undos) {
            auto covers = undo.calls;
            for (auto& covered : covers) {
                if (covered.run == Bytes16{}) covered.run = sub.run;
            }
            push_undo(branch, {.function = undo.function,
                               .captures = undo.captures,
                               .call = sub.seq,
                               .order = ++completions,
                               .covers = std::move(covers),
                               .site = undo.site});
        }
    }
    branch.last_call = sub.seq;
    branch.last_order = ++completions;
    branch.last_site = sub.site;
    branch.last_is_hit = false;
    branch.cut.clear();
    resume_with(branch, fact.value);
    if (sub.counts_irreversible && fact.past_no_return) cancel_lost(branch);
}

}  // namespace weft::vm

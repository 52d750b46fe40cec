// Runs that a run starts: machines beside it, under the same clock. Their end is told to whoever
// waits for it.
#include <algorithm>

#include "base/hash.h"
#include "testing/driver.h"

namespace weft::test {

void Driver::begin_sub(const DrivenRun& parent, const vm::SubStart& start) {
    const auto& workflow = image().workflows[start.workflow];
    vm::Begin begin;
    begin.run = start.run;
    begin.seed = sha256(view(start.run));
    begin.workflow = start.workflow;
    begin.input = Value::record(start.arguments);
    std::vector<Value> tunes;
    for (const auto& tune : workflow.tunes) tunes.push_back(tune.default_value);
    begin.tunes = Value::record(std::move(tunes));
    begin.starter = parent.begin.starter;
    begin.time_ms = now_ms_;
    this->begin(std::move(begin));
}

DrivenRun* Driver::find_run(const Bytes16& id) {
    const auto found =
        std::ranges::find_if(runs_, [&](const auto& run) { return run->begin.run == id; });
    return found == runs_.end() ? nullptr : found->get();
}

bool Driver::sub_ended(DrivenRun& parent, const vm::Want& want) {
    const DrivenRun* child = find_run(want.key);
    if (child == nullptr || !child->has_ended()) return false;
    const auto& machine = *child->machine;
    vm::SubEndedFact fact;
    fact.call = want.call;
    fact.status = static_cast<std::uint8_t>(machine.status());
    fact.value = machine.result();
    if (machine.status() == vm::RunStatus::Completed) fact.undos = machine.undos();
    fact.past_no_return = machine.past_no_return();
    fact.cost_micros = machine.spent_micros();
    fact.currency = image().workflows[child->begin.workflow].budget_currency;
    if (!parent.machine->accepts(fact)) return false;
    feed(parent, fact);
    return true;
}

// One past its point of no return does not take it, and is waited for.
bool Driver::cancel_sub(DrivenRun& parent, const vm::Want& want) {
    if (sub_ended(parent, want)) return true;
    DrivenRun* child = find_run(want.key);
    if (child == nullptr || child->has_ended()) return false;
    const vm::CancelFact cancel{"the run that started it", "that run has stopped"};
    if (!child->machine->accepts(cancel)) return false;
    feed(*child, cancel);
    return true;
}

}  // namespace weft::test

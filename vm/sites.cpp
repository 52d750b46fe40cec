// Logged instructions that neither call nor wait for people: gates, events, sleep, end.
#include <algorithm>

#include "vm/state.h"

namespace weft::vm {
namespace {

// A requirement as a gate's register holds it: (score, threshold, passed, reason).
bool is_requirement(const Value& value) {
    if (value.tag() != Tag::Record || value.items().size() != 4) return false;
    const auto passed = value.items()[2].tag();
    return passed == Tag::True || passed == Tag::False;
}

Value reason_text(const Value& reason) {
    return reason.tag() == Tag::Text ? reason : Value::text("");
}

Value verdict(bool accepted, const GateMemo& memo) {
    return Value::record(
        {Value::boolean(accepted), memo.rung, memo.scores, Value::list(memo.reasons)});
}

// In the body; a passed gate takes no rung.
constexpr std::uint32_t kNoRung = 0xFFFF'FFFF;
constexpr std::int64_t kNoRungTaken = -1;

std::uint32_t rung_number(const Value& rung) {
    const auto number = rung.as_int();
    return number < 0 || number >= kNoRung ? kNoRung : static_cast<std::uint32_t>(number);
}

}  // namespace

bool Machine::State::gate(Branch& branch) {
    const auto x = branch.instruction();
    auto& registers = branch.frame().registers;
    const auto requirements = registers.range(x.b, x.c);
    const auto& rung = registers[x.b + std::size_t{x.c}];
    GateBody body;
    body.requirements = static_cast<std::uint8_t>(x.c);
    std::vector<Value> scores;
    std::vector<Value> reasons;
    bool passed = true;
    for (std::size_t i = 0; i < requirements.size(); ++i) {
        if (!is_requirement(requirements[i])) {
            raise(branch, evaluator.trap(place(branch), "a requirement has another shape"));
            return false;
        }
        const auto& parts = requirements[i].items();
        const bool holds = parts[2].tag() == Tag::True;
        passed = passed && holds;
        if (!holds && i < 16) body.missed = static_cast<std::uint16_t>(body.missed | (1U << i));
        scores.push_back(parts[0]);
        reasons.push_back(reason_text(parts[3]));
    }
    if (rung.tag() != Tag::Int) {
        raise(branch, evaluator.trap(place(branch), "a rung has no number"));
        return false;
    }
    const auto& site = image->sites[x.d];
    auto& memo = branch.gates[site.row];
    memo.rung = passed ? Value::integer(kNoRungTaken) : rung;
    memo.scores = Value::list(std::move(scores));
    memo.reasons = std::move(reasons);
    body.verdict = passed ? GateVerdict::Passed : GateVerdict::Missed;
    body.rung = rung_number(memo.rung);
    body.round = memo.rounds++;
    const auto payload = Value::record({Value::list(requirements), memo.rung});
    emit(RecordKind::Gate, x.d, branch.id, body, &payload);
    registers.set(x.a, verdict(passed, memo));
    ++branch.frame().pc;
    return true;
}

bool Machine::State::accept(Branch& branch) {
    const auto x = branch.instruction();
    auto& registers = branch.frame().registers;
    const auto reason = registers[x.b];
    auto& memo = branch.gates[image->sites[x.d].row];
    if (memo.scores.is_none()) memo = {0, Value::integer(kNoRungTaken), Value::list({}), {}};
    memo.reasons.push_back(reason_text(reason));
    GateBody body;
    body.verdict = GateVerdict::Accepted;
    body.rung = rung_number(memo.rung);
    body.round = memo.rounds == 0 ? 0 : memo.rounds - 1;
    const auto payload = Value::record({reason});
    emit(RecordKind::Gate, x.d, branch.id, body, &payload);
    registers.set(x.a, verdict(true, memo));
    ++branch.frame().pc;
    return true;
}

bool Machine::State::emit_event(Branch& branch) {
    const auto x = branch.instruction();
    const auto value = branch.frame().registers[x.b];
    emit(RecordKind::Event, x.d, branch.id, EventBody{}, &value);
    ++branch.frame().pc;
    return true;
}

bool Machine::State::sleep(Branch& branch) {
    const auto x = branch.instruction();
    const auto& duration = branch.frame().registers[x.b];
    if (duration.tag() != Tag::Duration) {
        raise(branch, evaluator.trap(place(branch), "what is slept is no Duration"));
        return false;
    }
    branch.rest = Rest::Sleep;
    branch.waits_for = next_timer;
    set_timer({.role = TimerRole::Sleep,
               .due_ms = after(std::max<std::int64_t>(0, duration.as_int())),
               .branch = branch.id},
              x.d);
    return false;
}

bool Machine::State::sleep_until(Branch& branch) {
    const auto x = branch.instruction();
    const auto& time = branch.frame().registers[x.b];
    if (time.tag() != Tag::Time) {
        raise(branch, evaluator.trap(place(branch), "what is slept until is no Time"));
        return false;
    }
    branch.rest = Rest::Sleep;
    branch.waits_for = next_timer;
    set_timer(
        {.role = TimerRole::Sleep, .due_ms = time.as_int(), .branch = branch.id, .until = true},
        x.d);
    return false;
}

// The steps that it stands in are left: their time does not reach what hooks do at the end.
bool Machine::State::end(Branch& branch) {
    close_scopes(branch, branch.frame(), 0);
    start_ending(RunStatus::Completed, branch.frame().registers[branch.instruction().a]);
    return false;
}

}  // namespace weft::vm

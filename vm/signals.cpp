// Signals: events from outside, kept in the run's mailbox until a wait takes them; and waits. The
// oldest kept one that a wait names decides it.
#include <algorithm>

#include "vm/limits.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

constexpr std::int64_t kTimeIsUp = -1;

Value waited(std::int64_t arm, Value value) {
    return Value::record({Value::integer(arm), std::move(value)});
}

}  // namespace

bool Machine::State::wait(Branch& branch) {
    const auto x = branch.instruction();
    auto& registers = branch.frame().registers;
    const auto due = due_of(registers[x.b]);
    if (!due) {
        raise(branch, evaluator.trap(place(branch), "a wait's deadline is no Duration or Time"));
        return false;
    }
    if (auto taken = take_letter(branch)) {
        registers.set(x.a, *std::move(taken));
        ++branch.frame().pc;
        return true;
    }
    branch.rest = Rest::Wait;
    branch.waits_for = next_timer;
    waiting.insert(branch.id);
    set_timer(
        {.role = TimerRole::Wait, .due_ms = due->ms, .branch = branch.id, .until = due->until},
        x.d);
    return false;
}

// Takes the oldest letter that the wait at which the branch stands names, and logs it.
std::optional<Value> Machine::State::take_letter(Branch& branch) {
    const auto site = branch.instruction().d;
    const auto& row = image->waits[image->sites[site].row];
    for (auto& [seq, letter] : mailbox) {
        const auto arm = std::ranges::find(row.signals, letter.signal);
        if (arm == row.signals.end()) continue;
        SignalTakenBody body;
        body.letter = seq;
        body.signal = letter.signal;
        body.arm = static_cast<std::uint32_t>(arm - row.signals.begin());
        auto out = waited(body.arm, std::move(letter.value));
        check.replace(letter.term, {});
        mailbox.erase(body.letter);
        emit(RecordKind::SignalTaken, site, branch.id, body);
        return out;
    }
    return std::nullopt;
}

void Machine::State::wait_over(Branch& branch) {
    waiting.erase(branch.id);
    resume_with(branch, waited(kTimeIsUp, Value()));
}

void Machine::State::stop_waiting(Branch& branch) {
    waiting.erase(branch.id);
    drop_timer(branch.waits_for);
}

bool Machine::State::fits(const SignalFact& fact) const {
    return fact.signal < workflow->signals.size() && mailbox.size() < kMailboxMax &&
           !signal_tags.contains(fact.tag) &&
           !check_value(image->types, workflow->signals[fact.signal].type, fact.value);
}

void Machine::State::on(const SignalFact& fact) {
    const auto seq = next_seq - 1;  // of the fact's own record
    signal_tags.insert(fact.tag);
    auto& letter = mailbox[seq];
    letter.signal = fact.signal;
    letter.value = fact.value;
    check.replace(letter.term, letter_term(seq, letter));
    // At most one branch takes it; whoever waits has found no older one before.
    for (const auto id : waiting) {
        auto& branch = branches.at(id);
        auto taken = take_letter(branch);
        if (!taken) continue;
        stop_waiting(branch);
        resume_with(branch, *std::move(taken));
        return;
    }
}

// In a list, so that none is something, too. The signal's number stands where others have a branch.
Term Machine::State::letter_term(std::uint64_t seq, const Letter& letter) const {
    return check.of_value(letter.signal, static_cast<std::uint32_t>(SlotKind::Mailbox), seq,
                          Value::list({letter.value}));
}

}  // namespace weft::vm

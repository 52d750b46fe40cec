// Attempts of effects: answered by mocks, in virtual time, as the engine would report them.
#include <fmt/format.h>

#include "base/check.h"
#include "testing/driver.h"
#include "testing/smallest.h"
#include "vm/error_value.h"
#include "vm/worker_border.h"

namespace weft::test {
namespace {

constexpr std::uint8_t kProbe = 2;

}  // namespace

void Driver::broken(std::string why) {
    if (!trace_.broken) trace_.broken = std::move(why);
}

// What a crash has swallowed is said again: the same key gets the same answer.
std::optional<Answer> Driver::say(DrivenRun& run, const vm::Want& want) {
    if (auto lost = run.lost.extract(want.call); !lost.empty()) {
        // One that says nothing settles nothing; who knows that the only attempt so far had no
        // effect may be asked for it.
        const Answer& answer = lost.mapped();
        const bool is_only = trace_.calls[{run.number, want.call}].attempts == 1;
        if (is_only && answer.kind == ir::MockAnswer::Kind::Fails &&
            vm::says_nothing(answer.error)) {
            run.known_undone.insert(want.call);
        }
        return std::move(lost.mapped());
    }
    const auto& worker = image().workers[want.worker].name;
    const Answer* next = script_.mocks.next({step_of(want).path, worker, want.direction == kProbe});
    if (next != nullptr) return *next;
    if (want.direction == kProbe) {
        if (auto known = say_of_lost(run, want)) return known;
    }
    if (auto said = say_outside(run, want)) return said;
    broken(fmt::format("test-hits-real-worker: `{}` calls the worker `{}`, which nothing mocks",
                       step_of(want).path, worker));
    return std::nullopt;
}

std::optional<Answer> Driver::say_outside(const DrivenRun& run, const vm::Want& want) {
    if (options_.outside == nullptr) return std::nullopt;
    const auto said = options_.outside->call(image(), want, run.begin.run, now_ms_);
    if (!said) return std::nullopt;
    Answer out;
    out.kind = ir::MockAnswer::Kind::Value;
    const vm::SentAttempt sent{want.call,      want.attempt, want.step, want.worker,
                               want.direction, false,        false};
    out.real = vm::outcome_of(image(), sent, *said);
    return out;
}

// What a crash has swallowed is known to the world that the mocks stand for, so a probe that
// nothing mocks says it: a value was given, so the effect is there; an error surely had none.
std::optional<Answer> Driver::say_of_lost(const DrivenRun& run, const vm::Want& probe) {
    if (probe.arguments.empty() || probe.arguments.front().tag() != Tag::Text) return std::nullopt;
    const auto asked = run.sent.find(probe.arguments.front().as_text());
    if (asked == run.sent.end()) return std::nullopt;
    const auto lost = run.lost.find(asked->second);
    if (lost == run.lost.end() || lost->second.kind == ir::MockAnswer::Kind::TimesOut) {
        return std::nullopt;
    }
    Answer out;
    out.kind = ir::MockAnswer::Kind::Value;
    if (lost->second.kind == ir::MockAnswer::Kind::Fails) return out;
    auto value = value_of(probe, lost->second);
    if (!value) return std::nullopt;
    out.value = std::move(*value);
    return out;
}

// Where only a person can say what became of an attempt that a crash swallowed, they say what the
// world knows. Other doubts stay open: they are the test's.
bool Driver::settle(DrivenRun& run, const vm::Want& want) {
    const auto lost = run.lost.find(want.call);
    const bool is_known =
        lost != run.lost.end() && lost->second.kind != ir::MockAnswer::Kind::TimesOut;
    if (!is_known && run.known_undone.erase(want.call) == 0) return false;
    vm::SettledFact fact;
    fact.call = want.call;
    fact.done = is_known && lost->second.kind != ir::MockAnswer::Kind::Fails;
    if (fact.done) {
        auto value = value_of(want, lost->second);
        if (!value) return false;
        fact.value = std::move(*value);
        run.lost.erase(lost);
    }
    feed(run, fact);
    return true;
}

bool Driver::attempt(DrivenRun& run, const vm::Want& want) {
    const vm::StartFact start{want.call, want.attempt};
    if (!run.machine->accepts(start)) return false;
    const bool is_first = want.attempt == 1 && want.direction != kProbe;
    if (is_first) {
        const auto had = script_.keys.ask(image(), run.begin.run, want, now_ms_);
        if (had.waits) return false;
        if (had.hit) {
            feed(run, *had.hit);
            return true;
        }
    }
    const auto answer = say(run, want);
    if (!answer) return false;
    if (is_first) script_.keys.open(image(), run.begin.run, want);
    ++trace_.calls[{run.number, want.call}].attempts;
    trace_.attempted.push_back(image().workers[want.worker].name);
    run.told_to_stop.erase(want.call);
    run.said[want.call] = *answer;
    if (want.direction != kProbe) run.sent[to_hex(view(want.key))] = want.call;
    feed(run, start);
    // The machine may have crashed just now; then nobody waits for the answer.
    const bool is_awaited = run.machine->accepts(unclear(want, "Unavailable", ""));
    if (is_awaited) this->answer(run, want, *answer);
    return true;
}

// An answer that takes longer than an attempt may is late: first comes the timeout.
void Driver::answer(const DrivenRun& run, const vm::Want& want, const Answer& answer) {
    const std::int64_t timeout_ms = step_of(want).policy.timeout_ms;
    const bool never = answer.kind == ir::MockAnswer::Kind::TimesOut;
    const bool is_late = never || (timeout_ms > 0 && answer.delay_ms > timeout_ms);
    if (is_late) {
        plan(run, now_ms_ + timeout_ms, Class::Outcome,
             unclear(want, "Timeout", fmt::format("no answer within {} ms", timeout_ms)));
    }
    if (never) return;
    plan(run, now_ms_ + answer.delay_ms, Class::Outcome, outcome(want, answer));
}

// An attempt of which nothing more is known: a read and a transaction surely changed nothing.
vm::OutcomeFact Driver::unclear(const vm::Want& want, std::string error,
                                std::string message) const {
    vm::OutcomeFact fact;
    fact.call = want.call;
    fact.attempt = want.attempt;
    const bool is_unknown = can_be_in_doubt(image().workers[want.worker].effect);
    fact.status = is_unknown ? vm::OutcomeStatus::Unknown : vm::OutcomeStatus::Failed;
    fact.error = std::move(error);
    fact.message = std::move(message);
    return fact;
}

// What an answer gives that is no error.
std::optional<Value> Driver::value_of(const vm::Want& want, const Answer& answer) {
    if (answer.kind != ir::MockAnswer::Kind::Any) return answer.value;
    const auto& step = step_of(want);
    auto smallest = smallest_value(image().types, step.result_type);
    if (!smallest) {
        broken(fmt::format("`any` finds no {} for `{}`: say what the mock returns",
                           image().types.text(step.result_type), step.path));
    }
    return smallest;
}

vm::OutcomeFact Driver::outcome(const vm::Want& want, const Answer& answer) {
    if (answer.real) return *answer.real;
    const auto& worker = image().workers[want.worker];
    const auto& step = step_of(want);
    vm::OutcomeFact fact;
    fact.call = want.call;
    fact.attempt = want.attempt;
    fact.cost_micros = worker.reserve_micros;
    fact.currency = worker.reserve_currency;
    if (answer.kind == ir::MockAnswer::Kind::Fails) {
        fact.status = vm::OutcomeStatus::Failed;
        fact.error = answer.error;
        fact.message = answer.message.empty() ? "the mock fails" : answer.message;
        fact.detail = error_fields(answer);
        return fact;
    }
    const bool is_probe = want.direction == kProbe;
    if (answer.kind == ir::MockAnswer::Kind::Any) {
        // A probe that is asked for anything says: surely not done.
        auto smallest = is_probe ? Value::none() : value_of(want, answer);
        if (smallest) fact.value = std::move(*smallest);
        return fact;
    }
    fact.value = answer.value;
    if (is_probe && fact.value.is_none()) return fact;
    if (auto misfit = check_value(image().types, step.result_type, fact.value)) {
        broken(fmt::format("the mock's value does not fit the {} of `{}`{}: {}",
                           image().types.text(step.result_type), step.path,
                           misfit->path.empty() ? "" : " at " + misfit->path, misfit->message));
    }
    return fact;
}

// A mock that names an error and not its fields gets the smallest ones, as with `any`.
Value Driver::error_fields(const Answer& answer) {
    const auto* row = vm::declared_error(image(), answer.error);
    if (row == nullptr || !answer.detail.is_none()) return answer.detail;
    auto smallest = smallest_value(image().types, row->fields);
    if (smallest) return std::move(*smallest);
    broken(fmt::format("`fails {}` says nothing of its fields, and none can be made up: give them",
                       answer.error));
    return {};
}

// A read is let go of; what changes the world goes on until it has its answer.
bool Driver::cancel(DrivenRun& run, const vm::Want& want) {
    const bool is_read = image().workers[want.worker].effect == EffectClass::Read;
    if (!is_read || !run.told_to_stop.insert(want.call).second) return false;
    std::erase_if(agenda_, [&](const auto& entry) {
        const auto* planned = std::get_if<vm::OutcomeFact>(&entry.second.fact);
        return planned != nullptr && entry.second.run == run.number && planned->call == want.call;
    });
    vm::OutcomeFact fact = unclear(want, "Cancelled", "it was told to stop");
    fact.status = vm::OutcomeStatus::Cancelled;
    feed(run, fact);
    return true;
}

}  // namespace weft::test

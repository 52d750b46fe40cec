// Hooks: what a workflow says before and after its steps, before a step is tried again, and at the
// end of the run. Each runs in a frame of its own on the branch that meets it; whatever goes wrong
// in it ends the hook and nothing else.
#include "vm/state.h"

namespace weft::vm {
namespace {

Value step_info(const Image& image, const CallName& call, std::uint32_t generation) {
    const auto& step = image.steps[call.step];
    return Value::record({Value::text(step.path), Value::text(image.workers[step.worker].name),
                          Value::integer(call.attempt), Value::integer(generation)});
}

Value step_outcome(const Value* error) {
    const bool named = error != nullptr && is_error(*error);
    return Value::record({Value::boolean(error == nullptr),
                          named ? error->items()[0] : Value::text(""),
                          named ? error->items()[1] : Value::text("")});
}

}  // namespace

// They look at the steps of the workflow, not at undos, nor at their own.
bool Machine::State::hooks_see(const Branch& branch) const {
    return !branch.is_undoing() && !branch.is_shielded && !branch.frame().hook;
}

void Machine::State::push_hook(Branch& branch, std::uint32_t function, Hooked hook,
                               std::vector<Value> own, const std::vector<std::uint16_t>& slots) {
    const auto& input = begin.input.items();
    const auto& tunes = begin.tunes.items();
    own.insert(own.end(), input.begin(), input.end());
    own.insert(own.end(), tunes.begin(), tunes.end());
    for (const auto slot : slots) own.push_back(branch.frames.front().registers[slot]);
    push_frame(branch, function, std::move(own));
    branch.frame().hook = std::move(hook);
    make_ready(branch);
}

// True: the hook runs first, then the branch comes back to the step.
bool Machine::State::before_step(Branch& branch) {
    if (workflow->before_function == WorkerRow::kNoRow || !hooks_see(branch)) return false;
    if (std::exchange(branch.is_announced, false)) return false;
    const auto row = image->sites[branch.instruction().d].row;
    push_hook(branch, workflow->before_function, {.kind = HookKind::Before},
              {step_info(*image, {.step = row}, branch.generation)});
    return true;
}

// The value of a call that is done goes to its branch, after the hook.
void Machine::State::deliver(Branch& branch, const CallName& call, const Value& value) {
    const bool is_seen =
        workflow->after_function != WorkerRow::kNoRow && hooks_see(branch) && !branch.must_stop();
    if (!is_seen) {
        resume_with(branch, value);
        return;
    }
    Hooked hook{.kind = HookKind::After, .call = call.seq, .is_done = true, .value = value};
    push_hook(branch, workflow->after_function, std::move(hook),
              {step_info(*image, call, branch.generation), step_outcome(nullptr)});
}

void Machine::State::tell_failure(Branch& branch, const CallName& call, const Value& error,
                                  bool holds) {
    Hooked hook{.kind = HookKind::After, .call = call.seq, .holds = holds, .value = error};
    push_hook(branch, workflow->after_function, std::move(hook),
              {step_info(*image, call, branch.generation), step_outcome(&error)});
}

void Machine::State::give_up_now(Branch& branch, const Value& error, bool holds,
                                 std::uint64_t call) {
    if (holds) {
        hold(branch, error, HoldReason::ThenHold, call);
    } else {
        raise(branch, error);
    }
}

void Machine::State::try_again(Call& call, std::optional<std::int64_t> retry_after_ms) {
    ++call.retries;
    auto& branch = branches.at(call.branch);
    if (workflow->retry_function == WorkerRow::kNoRow || !hooks_see(branch)) {
        back_off(call, call.retries, retry_after_ms);
        return;
    }
    call.phase = Phase::Hooked;
    call.asked_delay_ms = retry_after_ms;
    push_hook(
        branch, workflow->retry_function, {.kind = HookKind::Retry, .call = call.seq},
        {step_info(*image, call.name(), branch.generation), widened(*image, call_error(call))});
}

// Its frame returned, failed, or is given up because the branch is told to end.
void Machine::State::hook_ended(Branch& branch) {
    const Hooked hook = *std::move(branch.frame().hook);
    for (auto& term : branch.frame().terms) check.replace(term, {});
    branch.frames.pop_back();
    touch(branch);
    switch (hook.kind) {
        case HookKind::Before:
            branch.is_announced = true;
            make_ready(branch);
            return;
        case HookKind::After:
            if (hook.is_done) {
                resume_with(branch, hook.value);
            } else {
                give_up_now(branch, hook.value, hook.holds, hook.call);
            }
            return;
        case HookKind::Retry: {
            auto& call = calls.at(hook.call);
            branch.rest = Rest::Call;
            branch.waits_for = call.seq;
            if (is_stopped(call)) {
                drop_call(call.seq);
                stopped(branch);
            } else if (call.is_late) {
                time_out(call);
            } else {
                back_off(call, call.retries, call.asked_delay_ms);
            }
            return;
        }
        case HookKind::Failure:
        case HookKind::Finally:
            go_on_ending();
            return;
    }
}

// Everything is done or undone: what the workflow says at its end, then the end.
void Machine::State::start_ending(RunStatus how, Value value) {
    ending = Ending{how, std::move(value)};
    go_on_ending();
}

void Machine::State::go_on_ending() {
    auto& root = branches.at(kRoot);
    const bool has_failed =
        ending->how == RunStatus::Failed || ending->how == RunStatus::Compensated;
    if (!std::exchange(ending->is_failure_told, true) && has_failed &&
        workflow->failure_function != WorkerRow::kNoRow) {
        push_hook(root, workflow->failure_function, {.kind = HookKind::Failure},
                  {widened(*image, ending->value)}, workflow->failure_slots);
        return;
    }
    if (!std::exchange(ending->is_finally_done, true) &&
        workflow->finally_function != WorkerRow::kNoRow) {
        push_hook(root, workflow->finally_function, {.kind = HookKind::Finally}, {},
                  workflow->finally_slots);
        return;
    }
    end_run(ending->how, ending->value);
}

}  // namespace weft::vm

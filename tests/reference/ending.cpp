// The workflow as a whole: its code, how it fails, its hooks and its end.
#include "tests/reference/run.h"

namespace weft::reference {

Task<> Run::root_main() {
    Branch& branch = root();
    Frame frame{Frame::Kind::Own, Env(module_.locals.size()), {}, nullptr};
    branch.frame = &frame;
    for (std::size_t i = 0; i < workflow_.parameters.size(); ++i) {
        frame.env[workflow_.parameters[i].local.index] = beginning_.input[i];
    }
    for (std::size_t i = 0; i < workflow_.tunes.size(); ++i) {
        frame.env[workflow_.tunes[i].local.index] = beginning_.tunes[i];
    }
    std::optional<Value> given;
    try {
        start_time();
        Value last = co_await block(branch, workflow_.body);
        co_await at_site(branch);
        given = last;
    } catch (const Returned& returned) {
        given = returned.value;
    } catch (const Untaken& untaken) {
        is_failing_ = true;
        run_error_ = untaken.error;
    } catch (const LeaveOff&) {  // cancelled, or its time is over
    }
    if (given) {
        co_await end_with(EndStatus::Completed, *given);
        co_return;
    }
    co_await undo_down_to(branch, 0, true);
    co_await end_with(is_cancelled_ ? EndStatus::Cancelled
                      : undone_ > 0 ? EndStatus::Compensated
                                    : EndStatus::Failed,
                      run_error_);
}

// The run's own time begins.
void Run::start_time() {
    Timer timer{.role = Timer::Role::RunDeadline};
    if (workflow_.until.has_value()) {
        try {
            timer.due_ms = evaluator_.of(workflow_.until, root().env()).as_int();
        } catch (const Trapped& trapped) {
            throw Untaken{trapped.error};
        }
        timer.until = true;
    } else if (workflow_.within_ms > 0) {
        timer.due_ms = now_ms_ + workflow_.within_ms;
    } else {
        return;
    }
    set_timer(timer, TimerPurpose::Deadline, "");
}

Task<> Run::end_with(EndStatus how, Value value) {
    is_ending_ = true;
    const bool has_failed = how == EndStatus::Failed || how == EndStatus::Compensated;
    if (has_failed && workflow_.on_failure.body.has_value()) {
        std::vector<Value> told{evaluator_.widened(value)};
        co_await hook(root(), Frame::Kind::EndHook, workflow_.on_failure, std::move(told));
    }
    if (workflow_.finally.body.has_value()) {
        std::vector<Value> nothing;
        co_await hook(root(), Frame::Kind::EndHook, workflow_.finally, std::move(nothing));
    }
    end_run(how, value, how == EndStatus::Completed ? "end " + workflow_.name : "");
}

void Run::end_run(EndStatus how, Value value, const std::string& place) {
    if (lock_ && lock_->is_held) {
        LockFreedBody body;
        body.lock = lock_->id;
        log(RecordKind::LockFreed, "", 0, body);
    }
    EndBody body;
    body.status = how;
    if (how != EndStatus::Completed) body.error = builtin_error(name_of(value));
    log(RecordKind::End, place, 0, body, &value);
    ended_ = how;
    result_ = std::move(value);
}

bool Run::hooks_see(const Branch& branch) const {
    return !branch.in_undo() && !branch.is_shielded && !branch.in_hook();
}

// On top of whatever the branch is doing; what goes wrong in it ends it and nothing else.
Task<> Run::hook(Branch& branch, Frame::Kind kind, const ir::Hook& hook, std::vector<Value> own) {
    Frame frame{kind, Env(module_.locals.size()), {}, branch.frame};
    for (std::size_t i = 0; i < own.size(); ++i) frame.env[hook.own[i].index] = own[i];
    for (std::size_t i = 0; i < workflow_.parameters.size(); ++i) {
        frame.env[workflow_.parameters[i].local.index] = beginning_.input[i];
    }
    for (std::size_t i = 0; i < workflow_.tunes.size(); ++i) {
        frame.env[workflow_.tunes[i].local.index] = beginning_.tunes[i];
    }
    for (const auto& [here, step] : hook.steps) {
        frame.env[here.index] = branch.frame->env[step.index];
    }
    branch.frame = &frame;
    co_await next_turn(branch);
    try {
        co_await block(branch, hook.body);
    } catch (const Untaken&) {
    } catch (const LeaveOff&) {
    }
    branch.frame = frame.below;
}

}  // namespace weft::reference

// What the engine should do next: a view of the state, in the order of calls, timers, tasks,
// branches.
#include "vm/state.h"

namespace weft::vm {
namespace {

std::optional<WantKind> kind_of(const Call& call, bool is_stopped, bool run_is_held) {
    switch (call.phase) {
        case Phase::Attempt:
            if (run_is_held) return std::nullopt;
            return WantKind::Attempt;
        case Phase::Started: {
            // An attempt that settles a doubt is seen through.
            const bool unwanted = is_stopped || call.is_late;
            const bool settles = call.is_in_doubt || call.direction == Direction::Probe;
            return unwanted && !settles ? WantKind::Cancel : WantKind::Outcome;
        }
        case Phase::Person:
            return WantKind::Settle;
        case Phase::Backoff:
        case Phase::Hooked:
        case Phase::Settling:
        case Phase::Probing:
            return std::nullopt;
    }
    return std::nullopt;
}

// It was decided while the receiver knew the key, and may have waited since.
std::optional<std::int64_t> forgotten_ms(const Call& call, const WorkerRow& worker) {
    const bool may_be_done = call.is_in_doubt && call.started_ms;
    if (!may_be_done || worker.effect != EffectClass::Idempotent) return std::nullopt;
    std::int64_t out = 0;
    const bool is_never = __builtin_add_overflow(*call.started_ms, worker.window_ms, &out);
    return is_never ? std::nullopt : std::optional(out);
}

}  // namespace

std::vector<Want> Machine::State::wants() const {
    std::vector<Want> out;
    for (const auto& [seq, call] : calls) {
        const auto kind = kind_of(call, is_stopped(call), is_held);
        if (!kind) continue;
        Want want;
        want.kind = *kind;
        want.call = seq;
        want.attempt = call.attempt;
        want.step = call.step;
        want.worker = call.worker;
        want.direction = static_cast<std::uint8_t>(call.direction);
        want.key = call.key;
        if (*kind == WantKind::Attempt) {
            want.arguments = call.arguments;
            want.author_key = call.author_key;
            want.cache_key = call.cache_key;
            want.forgotten_ms = forgotten_ms(call, image->workers[call.worker]);
        }
        if (*kind == WantKind::Settle) want.reason = call.message;
        out.push_back(std::move(want));
    }
    for (const auto& [id, timer] : timers) {
        Want want;
        want.kind = WantKind::Timer;
        want.timer = id;
        want.due_ms = timer.due_ms;
        want.until = timer.until;
        want.call = timer.call;
        want.task = timer.task;
        out.push_back(std::move(want));
    }
    for (const auto& [id, task] : tasks) {
        Want want;
        want.kind = WantKind::Decision;
        want.task = id;
        want.review = task.row;
        want.due_ms = task.due_ms;
        want.shown = task.shown;
        want.line = task.line;
        want.approved_by = task.approved_by;
        want.except = task.except;
        out.push_back(std::move(want));
    }
    for (const auto id : waiting) {
        const auto& branch = branches.at(id);
        Want want;
        want.kind = WantKind::Signal;
        want.wait = image->sites[branch.instruction().d].row;
        want.due_ms = timers.at(branch.waits_for).due_ms;
        out.push_back(std::move(want));
    }
    if (lock && !lock->is_held) {
        Want want;
        want.kind = WantKind::Lock;
        want.lock = lock->id;
        want.keys = lock->keys;
        want.due_ms = lock->due_ms;
        out.push_back(std::move(want));
    }
    for (const auto& [seq, sub] : subs) {
        Want want;
        const bool is_unwanted = sub.is_late || branches.at(sub.branch).must_stop();
        want.kind = is_unwanted ? WantKind::CancelSub : WantKind::Sub;
        want.call = seq;
        want.step = sub.row;
        want.key = sub.run;
        out.push_back(std::move(want));
    }
    if (is_held) {
        Want want;
        want.kind = WantKind::Release;
        want.reason = why_held;
        out.push_back(std::move(want));
    }
    for (const auto id : held) {
        Want want;
        want.kind = WantKind::Release;
        want.reason = branches.at(id).why_held;
        out.push_back(std::move(want));
    }
    return out;
}

}  // namespace weft::vm

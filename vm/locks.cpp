// The lock on business keys that a run may hold: asked for at one place of its path, given by the
// engine, which knows the other runs, and freed when the run ends.
#include <algorithm>

#include "vm/state.h"

namespace weft::vm {

bool Machine::State::ask_lock(Branch& branch) {
    const auto x = branch.instruction();
    auto& registers = branch.frame().registers;
    auto values = registers.range(x.b, x.c);
    const auto due = due_of(values.back());
    values.pop_back();
    const bool are_texts =
        std::ranges::all_of(values, [](const Value& v) { return v.tag() == Tag::Text; });
    if (!due || !are_texts) {
        raise(branch, evaluator.trap(place(branch), "a lock's keys or its deadline make no sense"));
        return false;
    }
    std::vector<std::string> keys;
    for (const auto& value : values) keys.push_back(value.as_text());
    std::ranges::sort(keys);
    const auto repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
    if (lock) {
        // What is run again may come past its lock a second time.
        if (lock->is_held && lock->keys == keys) {
            registers.set(x.a, Value::boolean(true));
            ++branch.frame().pc;
            return true;
        }
        raise(branch, evaluator.trap(place(branch), "the run has asked for another lock already"));
        return false;
    }
    LockAskBody body;
    body.lock = next_lock++;
    body.keys = static_cast<std::uint16_t>(keys.size());
    body.due_ms = due->ms;
    std::vector<Value> texts;
    for (const auto& key : keys) texts.push_back(Value::text(key));
    const auto payload = Value::list(std::move(texts));
    lock = LockState{.id = body.lock,
                     .keys = std::move(keys),
                     .is_held = false,
                     .branch = branch.id,
                     .timer = 0,
                     .due_ms = due->ms,
                     .term = {}};
    check.replace(lock->term, lock_term());
    branch.rest = Rest::Lock;
    branch.waits_for = body.lock;
    emit(RecordKind::LockAsk, x.d, branch.id, body, &payload);
    lock->timer = set_timer(
        {.role = TimerRole::Lock, .due_ms = due->ms, .branch = branch.id, .until = due->until},
        x.d);
    return false;
}

bool Machine::State::fits(const LockGotFact& fact) const {
    return lock && !lock->is_held && lock->id == fact.lock;
}

void Machine::State::on(const LockGotFact&) {
    lock->is_held = true;
    drop_timer(lock->timer);
    check.replace(lock->term, lock_term());
    resume_with(branches.at(lock->branch), Value::boolean(true));
}

// It is not waited for any more.
void Machine::State::lock_over(Branch& branch) {
    drop_timer(lock->timer);
    check.replace(lock->term, {});
    lock.reset();
    touch(branch);
}

void Machine::State::free_lock() {
    if (!lock) return;
    const bool was_held = lock->is_held;
    LockFreedBody body;
    body.lock = lock->id;
    check.replace(lock->term, {});
    lock.reset();
    if (was_held) emit(RecordKind::LockFreed, kNoSite, kRoot, body);
}

Term Machine::State::lock_term() const {
    ByteWriter content;
    content.u64(lock->id);
    content.u8(lock->is_held ? 1 : 0);
    for (const auto& key : lock->keys) content.block(key);
    return check.of_bytes(kRoot, SlotKind::Lock, 0, content.bytes(), 0);
}

}  // namespace weft::vm

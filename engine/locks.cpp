#include "engine/locks.h"

#include <algorithm>

#include "store/key_file.h"

namespace weft::engine {

std::vector<store::Tag> LockTable::tags_of(const std::vector<std::string>& keys) const {
    std::vector<store::Tag> out;
    for (const auto& key : keys) out.push_back(store_.keys().tag("lock", key));
    std::ranges::sort(out);
    return out;
}

Result<LockTable::Queue*> LockTable::queue(const store::Tag& tag) {
    auto found = queues_.find(tag);
    if (found != queues_.end()) return &found->second;
    Queue fresh;
    WEFT_TRY(row, store_.lock(tag));
    if (row) fresh.holder = row->run;
    WEFT_TRY(waiting, store_.lock_waiters(tag));
    fresh.waiting = std::move(waiting);
    return &queues_.emplace(tag, std::move(fresh)).first->second;
}

Result<store::RunId> LockTable::holder(const std::string& key) {
    WEFT_TRY(found, queue(store_.keys().tag("lock", key)));
    return found->holder;
}

Result<bool> LockTable::are_free(const std::vector<std::string>& keys, const IsLive& is_live) {
    // No run has this id, and none that waits is passed.
    return may_have(store::RunId{}, tags_of(keys), is_live);
}

Result<bool> LockTable::may_have(const store::RunId& run, const std::vector<store::Tag>& tags,
                                 const IsLive& is_live) {
    for (const auto& tag : tags) {
        WEFT_TRY(queue, queue(tag));
        if (queue->holder != store::RunId{} && queue->holder != run) return false;
        for (const auto& other : queue->waiting) {
            if (other == run) break;
            // Who is not driven by anybody just now can't take it, and is passed over.
            if (is_live(other)) return false;
        }
    }
    return true;
}

Result<void> LockTable::release(const store::RunId& run, store::Batch& batch) {
    auto asked = asked_.find(run);
    if (asked == asked_.end()) return {};
    for (const auto& tag : asked->second) {
        WEFT_TRY(queue, queue(tag));
        if (queue->holder == run) {
            queue->holder = {};
            batch.changes.emplace_back(store::DropLock{tag});
        }
        if (std::erase(queue->waiting, run) > 0) {
            batch.changes.emplace_back(store::DropLockWait{tag, run});
        }
        woken_.insert(queue->waiting.begin(), queue->waiting.end());
        idle_.insert(tag);
    }
    asked_.erase(asked);
    return {};
}

// Most keys are used once. Until the batch is in the tables, they do not say what is here.
void LockTable::committed() {
    for (const auto& tag : std::exchange(idle_, {})) {
        auto found = queues_.find(tag);
        if (found == queues_.end()) continue;
        const auto& queue = found->second;
        if (queue.holder == store::RunId{} && queue.waiting.empty()) queues_.erase(found);
    }
}

Result<bool> LockTable::settle(const store::RunId& run, const std::optional<vm::LockView>& lock,
                               std::int64_t now_ms, const IsLive& is_live, store::Batch& batch) {
    if (!lock) {
        WEFT_TRY_VOID(release(run, batch));
        return false;
    }
    auto [asked, is_new] = asked_.try_emplace(run);
    if (is_new) asked->second = tags_of(lock->keys);
    const auto& tags = asked->second;
    if (lock->is_held) return false;
    for (const auto& tag : tags) {
        WEFT_TRY(queue, queue(tag));
        if (std::ranges::find(queue->waiting, run) != queue->waiting.end()) continue;
        queue->waiting.push_back(run);
        batch.changes.emplace_back(store::LockWait{tag, run});
    }
    WEFT_TRY(may, may_have(run, tags, is_live));
    if (!may) return false;
    for (const auto& tag : tags) {
        WEFT_TRY(queue, queue(tag));
        queue->holder = run;
        std::erase(queue->waiting, run);
        batch.changes.emplace_back(store::DropLockWait{tag, run});
        batch.changes.emplace_back(store::LockRow{tag, run, now_ms});
    }
    return true;
}

}  // namespace weft::engine

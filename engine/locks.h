// The locks on business keys that runs hold and wait for: tables `lock` and `lock_wait`, by tags,
// so that no key stands in the store. A run gets all its keys at once, when they are free and no
// live run asked for one of them before; so nobody waits for a key while it holds another, and
// nobody is overtaken. It knows nothing of machines.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"
#include "vm/machine.h"

namespace weft::engine {

class LockTable {
  public:
    using IsLive = std::function<bool(const store::RunId&)>;

    explicit LockTable(store::Store& store) : store_(store) {}

    // Brings the tables in line with what the run's machine says of its lock. True: it can be given
    // now, and is the run's in the tables of this batch.
    Result<bool> settle(const store::RunId& run, const std::optional<vm::LockView>& lock,
                        std::int64_t now_ms, const IsLive& is_live, store::Batch& batch);
    // A run that is driven from now on has this lock, or asked for it, as the tables say.
    void know(const store::RunId& run, const vm::LockView& lock) {
        asked_.try_emplace(run, tags_of(lock.keys));
    }
    // It has none and asks for none any more. In the batch of the record that says so: whoever dies
    // between the two would leave a key that nobody frees.
    Result<void> release(const store::RunId& run, store::Batch& batch);
    // The batches so far are durable.
    void committed();
    // Runs that waited for what was freed since the last call.
    std::set<store::RunId> take_woken() { return std::exchange(woken_, {}); }
    // Whether a run that asks for these keys now, and did not before, would be given them.
    Result<bool> are_free(const std::vector<std::string>& keys, const IsLive& is_live);
    // Who has the key; zero: nobody.
    Result<store::RunId> holder(const std::string& key);

  private:
    struct Queue {
        store::RunId holder{};  // zero: free
        std::vector<store::RunId> waiting;
    };
    Result<Queue*> queue(const store::Tag& tag);
    Result<bool> may_have(const store::RunId& run, const std::vector<store::Tag>& tags,
                          const IsLive& is_live);
    [[nodiscard]] std::vector<store::Tag> tags_of(const std::vector<std::string>& keys) const;

    store::Store& store_;
    std::map<store::Tag, Queue> queues_;                     // as in the tables, once looked up
    std::map<store::RunId, std::vector<store::Tag>> asked_;  // by runs of this process
    std::set<store::RunId> woken_;
    std::set<store::Tag> idle_;  // freed since the last commit
};

}  // namespace weft::engine

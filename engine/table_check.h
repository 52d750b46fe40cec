// The tables of keys, caches and locks made anew from the log, and compared with the store's: they
// decide whether an effect leaves, so they must say what the runs' records say. Fed by the replay
// of each run. Runs whose data was erased can't be asked, and those that went on meanwhile are
// passed over.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/checked_runs.h"
#include "engine/replay.h"
#include "store/store.h"
#include "store/verify.h"

namespace weft::engine {

class TableCheck {
  public:
    explicit TableCheck(store::Store& store) : store_(store), checked_(store) {}

    // Around the replay of one record.
    void before(const ReadRecord& record, const Replayed& so_far);
    void after(const ReadRecord& record, Replayer& replayer);
    // The run was replayed to its end, without a divergence.
    void finish_run(const Replayed& replayed);
    void note_unreadable() { has_gaps_ = true; }

    Result<std::vector<store::Finding>> finish();

  private:
    struct Event {
        enum class What : std::uint8_t { Take, Done, NotDone, Undone, Move };
        std::uint64_t leaf = 0;
        What what = What::Take;
        store::RunId run{};
        std::uint64_t call = 0;
        std::uint64_t to = 0;          // Move: the call that has it then
        std::vector<store::Tag> tags;  // Take: of the key, under each secret
    };
    struct Use {
        store::LedgerRow row;
        std::vector<store::Tag> tags;
    };
    // The table as the events make it.
    struct Account {
        std::map<store::Tag, Use> uses;          // by the tag under the newest secret
        std::map<store::Tag, store::Tag> names;  // of a tag under any secret
        std::map<std::pair<store::RunId, std::uint64_t>, store::Tag> calls;  // which has which

        void take(const Event& event);
        void play(const Event& event);
    };
    // What a cache was given, the newest last.
    struct Cached {
        std::uint64_t leaf = 0;
        std::int64_t at_ms = 0;
        std::vector<store::Tag> tags;
        store::CacheRow row;
    };
    // Since when a run asks for its lock, or has it.
    struct LockTime {
        std::int64_t asked_ms = 0;
        std::int64_t got_ms = 0;
    };
    void take_cached(const ReadRecord& record, const Image& image, const vm::KeyedCall& call);
    void take_lock(const ReadRecord& record);
    Result<void> compare_cache(std::vector<store::Finding>& findings);
    Result<void> compare_lock_times(std::vector<store::Finding>& findings);
    Result<void> compare_ledger(std::vector<store::Finding>& findings);
    Result<void> compare_locks(std::vector<store::Finding>& findings);

    store::Store& store_;
    std::vector<Event> events_;
    std::vector<Cached> cached_;
    std::map<store::RunId, LockTime> lock_times_;
    CheckedRuns checked_;
    std::map<store::Tag, store::RunId> held_;  // locks
    std::set<std::pair<store::Tag, store::RunId>> asked_;
    bool has_gaps_ = false;
};

}  // namespace weft::engine

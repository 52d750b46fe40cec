// What the system chain says of what stands in the store's tables too: actors, legal holds, keys of
// approvers, orders to erase, times of schedules. For those who compare.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bytecode/record_system_bodies.h"
#include "store/store.h"

namespace weft::engine {

struct SystemFacts {
    std::set<Bytes16> actors;
    std::map<store::RunId, bool> holds;      // the newest change: whether it stands
    std::map<Hash, bool> approvers;          // by public key: whether it was revoked
    std::set<store::RunId> ordered;          // runs that were to be erased
    std::set<store::RunId> erased;           // and of which the log says that they were
    std::map<Bytes16, ScheduledBody> begun;  // by the schedule's tag: the last that began a run
    std::set<Bytes16> schedules;             // with a record
    bool is_whole = true;                    // false: some of it can't be read, level one says what
};
Result<SystemFacts> read_system_facts(store::Store& store);

// The runs that an `erase` or `retained` record names; Corrupt when the record is none.
Result<std::vector<store::RunId>> ordered_runs(store::Store& store, std::uint64_t seq);

struct Receipt {
    std::uint64_t order = 0;  // seq of its record
    std::string note;         // signed
};
// Of the order by which the run was erased; nothing when the log has none. Corrupt when it can't be
// read.
Result<std::optional<Receipt>> receipt_of(store::Store& store, const store::RunId& run);

}  // namespace weft::engine

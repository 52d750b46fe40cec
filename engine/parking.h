// Runs that wait and are not in memory: what an engine knows of those that it has parked itself,
// and which of its live ones have been at rest for how long. Which run is parked stands in the
// store (its wake row); this only saves reading it again. The rules are the core's
// (core_parking.cpp).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "store/rows.h"
#include "vm/machine.h"

namespace weft::engine {

struct Parking {
    struct Note {
        bool by_us = false;  // by this engine: nobody else had it in between
        std::int64_t due_ms = INT64_MAX;
        std::optional<bool> asks;           // somebody to decide
        std::optional<vm::RunStatus> told;  // the status that watchers know
    };
    std::map<store::RunId, Note> parked;
    std::set<store::RunId> leaving;                             // in the batch that comes next
    std::deque<std::pair<std::int64_t, store::RunId>> resting;  // since when, oldest first
    std::int64_t next_wake_ms = 0;  // of the parked ones the first; 0: to be looked up
    bool drives_all = false;        // also what others have parked

    // Nobody is asked to decide anything in it, as far as that is known.
    [[nodiscard]] bool asks_nobody(const store::RunId& run) const {
        const auto known = parked.find(run);
        return known != parked.end() && known->second.asks == false;
    }
    void note_asks(const store::RunId& run, bool asks) { parked[run].asks = asks; }
    [[nodiscard]] bool has_parked(const store::RunId& run) const {
        const auto known = parked.find(run);
        return known != parked.end() && known->second.by_us;
    }
};

}  // namespace weft::engine

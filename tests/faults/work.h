// What the owners of a store do, one after another, on a disk in memory, and what each of them was
// told: the runs, records, rows and files that a power failure must not take from it afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "store/key.h"
#include "store/store.h"
#include "tests/faults/host_rows.h"
#include "tests/faults/memory_files.h"

namespace weft::faults {

extern const char* const kStorePath;

struct Plan {
    std::uint64_t seed = 1;
    std::uint64_t runs = 0;     // begun at once by the first owner, so that keys are made ahead
    std::uint64_t failing = 0;  // the sync that fails; 0: none
    bool is_full = false;       // the disk has hardly any room, for a while
    bool is_made = false;       // the store was made, and closed, before it all begins
};

// A state of the database: the bytes that it has when all that was committed is in its file.
struct Level {
    std::uint64_t sum = 0;  // of the file
    std::uint64_t records = 0;
    Hash root{};
    struct Sealed {
        std::uint64_t sum = 0;
        std::size_t slot = 0;  // in Work::slots
    };
    std::map<std::string, Sealed> files;
};

// After a call of an owner's.
struct Told {
    std::size_t at = 0;       // of the trace: from there on it must hold
    std::size_t level = 0;    // in Work::levels
    std::uint64_t saved = 0;  // records under the checkpoint that is in the key file
};

// The key of a run.
struct Slot {
    std::uint64_t number = 0;
    store::RunId run{};
    store::Key key;
    std::size_t begun_at = SIZE_MAX;   // of the trace: from there on it must be there,
    std::size_t ending_at = SIZE_MAX;  // until there,
    std::size_t ended_at = SIZE_MAX;   // and from there on it must be destroyed
    std::size_t gone_at = SIZE_MAX;    // and what was sealed under it deleted
    std::vector<std::string> boxes;    // some of that
};

struct Work {
    Image start;
    Trace trace;
    std::vector<Told> told;
    std::vector<Level> levels;
    std::map<std::uint64_t, std::size_t> by_sum;
    std::vector<Slot> slots;
    std::vector<std::string> records;  // by leaf
    Hosted hosted;
    std::string problem;      // what went wrong though nothing failed
    bool has_failed = false;  // the sync failed
    bool was_full = false;
};

Work work(const Plan& plan, Arena& arena);
// What an engine does first: where a key was destroyed, what it had sealed goes too.
Result<void> finish_erasures(store::Store& store, const std::vector<Slot>& slots);

}  // namespace weft::faults

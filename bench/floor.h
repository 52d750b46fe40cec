// The floor beside a measurement: SQLite alone, with the store's settings, writes the rows of a
// finished store again in as many commits. No hashing, sealing, machine or threads: what is left is
// what the disk and the tables cost.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "bench/measure.h"

namespace weft::bench {

struct StoreSize {
    std::uint64_t file_bytes = 0;  // of the closed database
    std::uint64_t records = 0;
    std::uint64_t payload_bytes = 0;  // sealed boxes
};

// Of a store that is closed.
Result<StoreSize> size_of_store(const std::string& path);

// Writes the rows of the closed store at `path` into a new database at `copy`.
Result<Used> measure_floor(const std::string& path, const std::string& copy, std::uint64_t commits);

}  // namespace weft::bench

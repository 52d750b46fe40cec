// Snapshots of live runs, so that taking a run up costs what its state is and not what its history
// was. A snapshot is a cache: one that is damaged, of another version or of another record is
// dropped, and the run is replayed from its begin (docs/machine.md, "Snapshots").
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "engine/replay.h"
#include "store/rows.h"

namespace weft::engine {

// How much work a run does until its next snapshot. It grows with the last one, so that writing
// snapshots never costs more than a share of the work itself.
class SnapshotPace {
  public:
    static constexpr std::uint64_t kWorkOfRecord = 2'000;  // in fuel
    static constexpr std::uint64_t kWorkMin = 2'000'000;
    static constexpr std::uint64_t kWorkOfByte = 5;

    // Where the run stood at its last snapshot, and how large that was.
    void taken(std::uint64_t next_seq, std::uint64_t fuel, std::uint64_t bytes) {
        next_seq_ = next_seq;
        fuel_ = fuel;
        bytes_ = bytes;
    }
    [[nodiscard]] bool is_due(std::uint64_t next_seq, std::uint64_t fuel) const {
        const auto work = kWorkOfRecord * (next_seq - next_seq_) + (fuel - fuel_);
        return work > kWorkMin && work > kWorkOfByte * bytes_;
    }
    // There is a row to drop when the run ends.
    [[nodiscard]] bool has_snapshot() const { return bytes_ > 0; }

  private:
    std::uint64_t next_seq_ = 0;
    std::uint64_t fuel_ = 0;
    std::uint64_t bytes_ = 0;
};

// The row for a machine at rest after the last record of its run.
store::SnapshotRow make_snapshot(store::Store& store, const store::Key& key,
                                 const store::RunId& run, const store::RunHead& head,
                                 const Image& image, const vm::Machine& machine,
                                 std::int64_t last_time_ms);

struct Resumed {
    Replayed replayed;
    SnapshotPace pace;
    bool is_damaged = false;  // there was a snapshot, of no use: to be dropped
};

// From the run's snapshot where there is one that fits, else from its begin.
Result<Resumed> resume(store::Store& store, const RunHeader& header);

}  // namespace weft::engine

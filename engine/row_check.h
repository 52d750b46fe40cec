// Level two of the audit for a run's row: what the row says of the run stands in its records too,
// and decides whether a start is a new run, whether the run is taken up, and until when it is kept.
// Knows nothing of how records are read or executed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bytecode/record.h"
#include "bytecode/record_bodies.h"
#include "store/rows.h"

namespace weft::engine {

class RowCheck {
  public:
    // Each record of the run, in order.
    void take(const Record& record);
    // What the row says otherwise. Empty for a run that still goes on where only the end would say.
    [[nodiscard]] std::vector<std::string> compare(const store::RunRow& row) const;

  private:
    std::optional<BeginBody> begin_;
    std::int64_t begun_ms_ = 0;
    std::optional<Hash> image_;  // that it goes on under
    std::optional<EndBody> end_;
    std::int64_t ended_ms_ = 0;
};

}  // namespace weft::engine

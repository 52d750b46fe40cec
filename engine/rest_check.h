// Level three of the audit for what says when a run goes on: its status, and its row among those
// that wait. A row that waits too long, or for ever, stops a run without a trace in its log. Fed by
// the replay of each run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/checked_runs.h"
#include "engine/replay.h"
#include "store/verify.h"

namespace weft::engine {

class RestCheck {
  public:
    explicit RestCheck(store::Store& store) : store_(store), checked_(store) {}

    // The run was replayed to its end, without a divergence.
    void finish_run(const Replayed& replayed);
    Result<std::vector<store::Finding>> finish();

  private:
    struct Rest {
        vm::RunStatus status = vm::RunStatus::Running;
        std::int64_t due_ms = INT64_MAX;
    };
    Result<void> compare(const store::RunRow& row, std::optional<std::int64_t> wake,
                         std::vector<store::Finding>& findings);

    store::Store& store_;
    CheckedRuns checked_;
    std::map<store::RunId, Rest> rests_;
};

}  // namespace weft::engine

// How far an audit has read each run. What is compared in the end with what the runs' records say
// passes over those that went on meanwhile. Knows nothing of what is compared.
#pragma once

#include <map>

#include "store/store.h"

namespace weft::engine {

class CheckedRuns {
  public:
    explicit CheckedRuns(store::Store& store) : store_(store) {}

    // It was read up to this record, which is not there.
    void note(const store::RunId& run, std::uint64_t next_seq) { checked_[run] = next_seq; }
    // It was read, and nothing has come since.
    Result<bool> is_settled(const store::RunId& run) {
        if (const auto known = settled_.find(run); known != settled_.end()) return known->second;
        const auto checked = checked_.find(run);
        bool settled = false;
        if (checked != checked_.end()) {
            WEFT_TRY(head, store_.head(run));
            settled = head.next_seq == checked->second;
        }
        settled_[run] = settled;
        return settled;
    }

  private:
    store::Store& store_;
    std::map<store::RunId, std::uint64_t> checked_;
    std::map<store::RunId, bool> settled_;
};

}  // namespace weft::engine

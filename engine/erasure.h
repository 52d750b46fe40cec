// Erasure of ended runs (layout.md §11): which runs go together, and the steps that make them
// unreadable everywhere. The order stands in the log before anything is destroyed, so any prefix
// of the steps can be done again by the next owner; the receipt is signed when all is done.
// Whether a run may be erased now is its callers' affair.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/system_chain.h"
#include "store/store.h"

namespace weft::engine {

struct ErasePlan {
    std::vector<store::RunId> runs;       // to be erased: ended, with a key
    std::vector<store::RunId> live;       // would be, but go on
    std::vector<store::RunId> held;       // would be, but stand under a legal hold
    std::vector<store::RunId> held_live;  // of `live` those that do
    std::vector<store::RunId> apart;      // got values of these, but are about somebody else
};
// The given runs and every run into which their values flowed (sub-runs, those above them, hits),
// except those that name other subjects and none of these.
Result<ErasePlan> plan_erasure(store::Store& store, const std::vector<store::RunId>& seeds,
                               std::vector<store::Tag> subjects);

struct Erased {
    std::uint64_t order = 0;  // seq of its record in the system chain
    std::vector<store::RunId> runs;
    std::string receipt;  // signed note
};

class Erasure {
  public:
    Erasure(store::Store& store, SystemChain& system) : store_(store), system_(system) {}

    // Replays the run once more while it can be, and says in the log what came of it.
    Result<void> attest(const store::RunId& run, std::int64_t now_ms, store::Batch& batch);
    // `batch` has what is to be committed before the order.
    Result<Erased> erase(const std::vector<store::RunId>& runs, const std::string& by,
                         const std::string& reason, std::int64_t now_ms, store::Batch batch);
    // Runs past their retention: the same without attestation.
    Result<Erased> retain(const std::vector<store::RunId>& runs, std::int64_t now_ms);
    // An order that a former owner did not bring to its end.
    Result<std::optional<Erased>> redo(std::int64_t now_ms);

  private:
    Result<Erased> order(std::uint64_t seq, const std::vector<store::RunId>& runs,
                         std::int64_t now_ms, store::Batch batch);
    Result<Erased> carry_out(std::uint64_t seq, const std::vector<store::RunId>& runs,
                             std::int64_t now_ms);
    [[nodiscard]] std::string receipt(std::uint64_t seq, const std::vector<store::RunId>& runs,
                                      const store::Checkpoint& checkpoint);

    store::Store& store_;
    SystemChain& system_;
};

}  // namespace weft::engine

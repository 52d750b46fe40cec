// The system chain: what belongs to no run (engine opened and closed, actors, breakers, keys of
// approvers, erasures, exports). Run id zero, same record format, same tree.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/clock.h"
#include "engine/pacer.h"
#include "engine/record_writer.h"
#include "store/store.h"

namespace weft::engine {

// The chain's place among the runs.
inline constexpr store::RunId kSystemRun{};

class SystemChain {
  public:
    // Continues the chain; reads the actors.
    static Result<std::unique_ptr<SystemChain>> open(store::Store& store);

    Result<void> opened(std::int64_t now_ms, store::Batch& batch);
    Result<void> closed(std::int64_t now_ms, store::Batch& batch);
    // The id of a person or program by name; a new name gets a random id, its record and its row.
    Result<Bytes16> actor(const std::string& name, std::int64_t now_ms, store::Batch& batch);
    // A breaker's new state; the worker's name is payload, its tag stands in the record.
    Result<void> breaker(const Pacer::Change& change, std::int64_t now_ms, store::Batch& batch);
    // A person's own key is in use from here on.
    Result<void> approver_revoked(const Bytes16& key_id, const std::string& by,
                                  const std::string& reason, std::int64_t now_ms,
                                  store::Batch& batch);
    Result<void> approver(const std::string& name, const Hash& public_key, std::int64_t now_ms,
                          store::Batch& batch);
    Result<void> attested(const AttestedBody& body, std::int64_t now_ms, store::Batch& batch);
    // Of the order's record: erased() names it.
    Result<std::uint64_t> erase(const std::vector<store::RunId>& runs, const std::string& by,
                                const std::string& reason, std::int64_t now_ms,
                                store::Batch& batch);
    Result<std::uint64_t> retained(const std::vector<store::RunId>& runs, std::int64_t now_ms,
                                   store::Batch& batch);
    Result<void> erased(std::uint64_t order, std::size_t runs, const std::string& receipt,
                        std::int64_t now_ms, store::Batch& batch);
    Result<void> exported(std::size_t runs, std::uint64_t tree_size, const std::string& by,
                          std::int64_t now_ms, store::Batch& batch);
    Result<void> legal_hold(const store::RunId& run, HoldChange change, const std::string& by,
                            const std::string& reason, std::int64_t now_ms, store::Batch& batch);
    Result<void> accepted(AcceptedWhat what, const std::string& by, const std::string& reason,
                          std::int64_t now_ms, store::Batch& batch);
    Result<void> clock_step(const ClockStep& step, std::int64_t now_ms, store::Batch& batch);
    // A time of a schedule; the schedule's name is payload, its tag stands in the record.
    Result<void> scheduled(const ScheduledBody& body, const std::string& schedule,
                           const std::string& reason, std::int64_t now_ms, store::Batch& batch);
    [[nodiscard]] std::string actor_name(const Bytes16& id) const;
    [[nodiscard]] std::int64_t last_time_ms() const { return last_time_ms_; }

  private:
    SystemChain(store::Store& store, const store::Key& key, const store::RunHead& head);
    store::Store& store_;
    Result<void> append(RecordKind kind, std::string body, std::optional<std::string> payload,
                        std::int64_t now_ms, store::Batch& batch);
    RecordWriter writer_;
    std::int64_t last_time_ms_ = 0;
    std::map<std::string, Bytes16> by_name_;
    std::map<Bytes16, std::string> names_;
};

}  // namespace weft::engine

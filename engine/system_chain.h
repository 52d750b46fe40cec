// The system chain: what belongs to no run (engine opened and closed, actors,
// breakers). Run id zero, same
// record format, same tree.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "engine/pacer.h"
#include "engine/record_writer.h"
#include "store/store.h"

namespace weft::engine {

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

// The account of author-given keys and of cached results: what each was used for, over all runs of
// the store. Rows of the turn under way are seen here before they are committed. It decides
// nothing: the core asks it before an attempt and tells it what became of a call. Keys themselves
// are never kept, only their tags under the store's de-duplication secret.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/key_file.h"
#include "store/store.h"
#include "vm/machine.h"

namespace weft::engine {

enum class KeyState : std::int32_t {
    Open = 0,   // its call is under way, or in doubt
    Done = 1,   // a second use gets the call's result
    Spent = 2,  // undone: the next use is a new generation
};

struct KeyUse {
    store::LedgerRow row;
    bool is_fresh = false;  // of this turn: its records can't be read yet
};

class KeyLedger {
  public:
    explicit KeyLedger(store::Store& store) : store_(store) {}

    // The row that one of these tags has; of the newest version of the secret first.
    Result<std::optional<KeyUse>> find(const std::vector<store::Tag>& tags);
    // That of a run's call.
    Result<std::optional<KeyUse>> find_call(const store::RunId& run, std::uint64_t call);
    void put(const store::LedgerRow& row, store::Batch& batch);
    void drop(const store::Tag& tag, store::Batch& batch);
    // The turn's batch is durable.
    void committed() { fresh_.clear(); }

  private:
    store::Store& store_;
    std::map<store::Tag, std::optional<store::LedgerRow>> fresh_;
};

// Asks what became of another call: it is no use of a key itself.
bool is_probe(const vm::Want& want);

// What names a use of an author's key, or of a cache: the worker, the step's path and the value.
std::string key_bytes(const Image& image, const vm::Want& want, const Value& value);

// The key that a worker is sent for a use of an author-given key.
Bytes16 worker_key(const store::LedgerRow& use);

}  // namespace weft::engine

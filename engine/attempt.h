// One attempt of a call, and the port through which attempts run: on threads (worker_pool.h), or as
// a test has it. Nothing here touches the store or a machine.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "weft/transaction.h"
#include "weft/worker.h"

namespace weft::engine {

class Revealed;

// Of the store, for workers that keep something or start programs.
struct StorePlaces {
    std::string state_directory;
    std::string children_lock;
};

// With everything its WorkerCall views.
struct Attempt {
    Bytes16 run{};
    std::uint64_t call = 0;  // seq of the call record
    std::uint16_t number = 1;
    WorkerFunction function;
    TransactionFunction transaction;  // in the place of `function`: part of the next commit
    std::string worker;
    std::string arguments;
    std::shared_ptr<const std::string> result_schema;  // JSON
    std::string key;                                   // hex
    std::int64_t time_ms = 0;
    std::int64_t timeout_ms = 0;
    // What the engine holds, which outlives its attempts.
    std::string_view settings;
    std::string_view directory;
    std::string_view state_directory;
    std::string_view children_lock;
    std::shared_ptr<FileAccess> files;
    std::shared_ptr<Revealed> secrets;  // none: the arguments name none
    std::atomic<bool> cancelled = false;
    bool is_paced = false;  // the pacer counts it
};

struct Completion {
    std::shared_ptr<Attempt> attempt;
    WorkerOutcome outcome;
};

// Calls the worker, here and now.
WorkerOutcome run_attempt(Attempt& attempt);
// The same of one that is a transaction.
WorkerOutcome run_attempt(Attempt& attempt, Transaction& transaction);

// Used by the core's thread alone. Its end cancels what runs and waits for it.
class AttemptRunner {
  public:
    virtual ~AttemptRunner() = default;
    virtual void submit(std::vector<std::shared_ptr<Attempt>> attempts) = 0;
    virtual std::vector<Completion> take_completions() = 0;
    [[nodiscard]] virtual std::size_t size() const = 0;       // attempts that can run at once
    [[nodiscard]] virtual std::size_t in_flight() const = 0;  // not taken yet
    virtual void cancel_all() = 0;
};

}  // namespace weft::engine

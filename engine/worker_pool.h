// Threads that run native workers. The core thread submits attempts and collects outcomes; nothing
// here touches the store or a machine.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "weft/worker.h"

namespace weft::engine {

// One attempt, with everything its WorkerCall views.
struct Attempt {
    Bytes16 run{};
    std::uint64_t call = 0;  // seq of the call record
    std::uint16_t number = 1;
    WorkerFunction function;
    std::string worker;
    std::string arguments;
    std::string result_schema;
    std::string key;  // hex
    std::int64_t time_ms = 0;
    std::int64_t timeout_ms = 0;
    std::string settings;
    std::string directory;
    std::string state_directory;
    std::string children_lock;
    std::shared_ptr<FileAccess> files;
    std::atomic<bool> cancelled = false;
    bool is_paced = false;  // the pacer counts it
};

struct Completion {
    std::shared_ptr<Attempt> attempt;
    WorkerOutcome outcome;
};

class WorkerPool {
  public:
    // `notify` is called from a pool thread when there are completions to take, once for all that
    // come before they are taken.
    WorkerPool(std::size_t threads, std::function<void()> notify);
    // Cancels what runs and waits for it.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void submit(std::shared_ptr<Attempt> attempt);
    std::vector<Completion> take_completions();
    [[nodiscard]] std::size_t size() const { return threads_.size(); }
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
    void cancel_all();

  private:
    void work();
    // With the lock held. At most one thread is on its way at a time, and wakes the next: work that
    // is done sooner than a thread wakes up stays with those that are awake.
    void wake_another();
    WorkerOutcome run(Attempt& attempt);

    std::function<void()> notify_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Attempt>> queue_;
    std::vector<std::shared_ptr<Attempt>> running_;
    std::vector<Completion> done_;
    std::size_t idle_ = 0;
    bool is_waking_ = false;
    std::atomic<std::size_t> in_flight_ = 0;
    bool stop_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace weft::engine

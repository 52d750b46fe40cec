// Threads that run native workers. The core thread submits attempts and collects outcomes; nothing
// here touches the store or a machine.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/attempt.h"

namespace weft::engine {

class WorkerPool final : public AttemptRunner {
  public:
    // Has fewer threads when the system gives no more, perhaps none. `notify` is called from a pool
    // thread when there are completions to take, once for all that come before they are taken.
    WorkerPool(std::size_t threads, std::function<void()> notify);
    ~WorkerPool() override;
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void submit(std::vector<std::shared_ptr<Attempt>> attempts) override;
    std::vector<Completion> take_completions() override;
    [[nodiscard]] std::size_t size() const override { return threads_.size(); }
    [[nodiscard]] std::size_t in_flight() const override { return in_flight_; }
    void cancel_all() override;

  private:
    void work();
    // With the lock held: whether a thread is to be woken when it is let go, so that who wakes up
    // does not find it held. At most one thread is on its way at a time, and wakes the next: work
    // that is done sooner than a thread wakes up stays with those that are awake.
    bool needs_another();

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

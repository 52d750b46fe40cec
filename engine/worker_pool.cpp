#include "engine/worker_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace weft::engine {

WorkerPool::WorkerPool(std::size_t threads, std::function<void()> notify)
    : notify_(std::move(notify)) {
    try {
        while (threads_.size() < threads) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        return;  // with as many as the system gives
    }
}

WorkerPool::~WorkerPool() {
    cancel_all();
    {
        std::lock_guard lock(mutex_);
        stop_ = true;
        queue_.clear();
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void WorkerPool::cancel_all() {
    std::lock_guard lock(mutex_);
    for (auto& attempt : queue_) attempt->cancelled = true;
    for (auto& attempt : running_) attempt->cancelled = true;
}

void WorkerPool::submit(std::shared_ptr<Attempt> attempt) {
    ++in_flight_;
    {
        std::lock_guard lock(mutex_);
        queue_.push_back(std::move(attempt));
        wake_another();
    }
}

void WorkerPool::wake_another() {
    if (queue_.empty() || idle_ == 0 || is_waking_) return;
    is_waking_ = true;
    wake_.notify_one();
}

std::vector<Completion> WorkerPool::take_completions() {
    std::lock_guard lock(mutex_);
    in_flight_ -= done_.size();
    return std::exchange(done_, {});
}

void WorkerPool::work() {
    while (true) {
        std::shared_ptr<Attempt> attempt;
        {
            std::unique_lock lock(mutex_);
            while (!stop_ && queue_.empty()) {
                ++idle_;
                wake_.wait(lock);
                --idle_;
                is_waking_ = false;
            }
            if (stop_) return;
            attempt = std::move(queue_.front());
            queue_.pop_front();
            running_.push_back(attempt);
            wake_another();
        }
        WorkerOutcome outcome = run_attempt(*attempt);
        bool is_first = false;
        {
            std::lock_guard lock(mutex_);
            std::erase(running_, attempt);
            is_first = done_.empty();
            done_.push_back({std::move(attempt), std::move(outcome)});
        }
        if (is_first) notify_();
    }
}

}  // namespace weft::engine

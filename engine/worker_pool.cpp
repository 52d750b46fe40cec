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

void WorkerPool::submit(std::vector<std::shared_ptr<Attempt>> attempts) {
    in_flight_ += attempts.size();
    bool wakes = false;
    {
        std::lock_guard lock(mutex_);
        for (auto& attempt : attempts) queue_.push_back(std::move(attempt));
        wakes = needs_another();
    }
    if (wakes) wake_.notify_one();
}

bool WorkerPool::needs_another() {
    if (queue_.empty() || idle_ == 0 || is_waking_) return false;
    is_waking_ = true;
    return true;
}

std::vector<Completion> WorkerPool::take_completions() {
    std::lock_guard lock(mutex_);
    in_flight_ -= done_.size();
    return std::exchange(done_, {});
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        while (!stop_ && queue_.empty()) {
            ++idle_;
            wake_.wait(lock);
            --idle_;
            is_waking_ = false;
        }
        if (stop_) return;
        const auto attempt = std::move(queue_.front());
        queue_.pop_front();
        running_.push_back(attempt);
        const bool wakes = needs_another();
        lock.unlock();
        if (wakes) wake_.notify_one();
        WorkerOutcome outcome = run_attempt(*attempt);
        lock.lock();
        std::erase(running_, attempt);
        done_.push_back({attempt, std::move(outcome)});
        if (done_.size() > 1) continue;
        lock.unlock();
        notify_();
        lock.lock();
    }
}

}  // namespace weft::engine

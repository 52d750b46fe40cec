// A coroutine that runs when it is awaited and goes on with whoever awaited it. What makes the
// reference interpreter read like the language: a branch of a run is one function that rests where
// the run rests. It knows nothing of runs.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace weft::reference {

struct Promise {
    std::coroutine_handle<> continuation;
    std::exception_ptr error;

    struct Final {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <typename P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) const noexcept {
            auto next = self.promise().continuation;
            return next ? next : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() { error = std::current_exception(); }
};

template <typename T>
struct ValuePromise : Promise {
    std::optional<T> value;
    void return_value(T given) { value = std::move(given); }
    T take() {
        if (error) std::rethrow_exception(error);
        return *std::move(value);
    }
};

template <>
struct ValuePromise<void> : Promise {
    void return_void() {}
    void take() const {
        if (error) std::rethrow_exception(error);
    }
};

template <typename T = void>
class [[nodiscard]] Task {
  public:
    struct promise_type : ValuePromise<T> {
        Task get_return_object() {
            return Task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
    };

    Task() = default;
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    // Whoever awaits it.
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        handle_.promise().continuation = awaiting;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

    // Of the outermost task of a branch, which nobody awaits.
    [[nodiscard]] std::coroutine_handle<> handle() const { return handle_; }
    void rethrow() const {
        if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    }

  private:
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

}  // namespace weft::reference

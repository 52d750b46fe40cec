// When an attempt may leave: the limits and breakers of workers, over all runs of this engine. It
// decides nothing but that, so a run waits here without using up an attempt, replay knows nothing
// of it, and a `within` around the wait goes on counting. It knows neither machines nor the store;
// time is the monotonic clock's. What a former engine knew of a breaker is told by `take_over`.
//
// A breaker opens after its number of failures in its window (only failures that say that the
// worker was not reached or did not answer: a refusal is an answer). When its time is over a few
// attempts go through, the canaries. As they are answered, twice as many may be under way, and so
// on, oldest first, until the breaker counts as closed; one failure on the way opens it again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bytecode/image.h"
#include "bytecode/record_codes.h"

namespace weft::engine {

// What came of an attempt, as far as its worker's health goes.
enum class Health : std::uint8_t {
    Answered,  // also with an error that the worker declares
    Failed,    // not reached, or no answer
    Unknown,   // it was stopped
};

// How many attempts go through when a breaker's time is over.
inline constexpr std::uint32_t kCanaries = 3;
// So many under way and answered: the breaker is closed.
inline constexpr std::uint32_t kCohortMax = 48;

class Pacer {
  public:
    // Whether the attempt may leave now; then it counts as under way. Else it waits its turn. Only
    // for workers that declare a limit or a breaker.
    bool admit(const WorkerRow& worker, const Bytes16& run, std::uint64_t call,
               std::int64_t now_ms);
    // The breaker was opened then, by a former engine; how long it stays so, the next attempt says.
    void take_over(const std::string& worker, std::int64_t opened_ms);
    // An admitted attempt is over.
    void finished(const std::string& worker, Health health, std::int64_t now_ms);
    // The run has no other attempt waiting than these, by their calls in ascending order.
    void keep_only(const Bytes16& run, const std::vector<std::uint64_t>& calls);

    // Runs with a waiting attempt that may leave now.
    std::vector<Bytes16> ready(std::int64_t now_ms);
    // When the passing of time alone may let one leave; none when only an answer can.
    [[nodiscard]] std::optional<std::int64_t> next_ms() const;
    // "breaker" or "limit" when the attempt waits here.
    [[nodiscard]] std::optional<std::string> waits_for(const Bytes16& run,
                                                       std::uint64_t call) const;
    // When the passing of time alone opens that limit or breaker again; none when only an answer
    // can.
    [[nodiscard]] std::optional<std::int64_t> free_ms(const Bytes16& run, std::uint64_t call) const;

    struct Change {
        std::string worker;
        BreakerState state = BreakerState::Closed;
        std::uint32_t failures = 0;
    };
    std::vector<Change> take_changes() { return std::exchange(changes_, {}); }

  private:
    using Waiter = std::pair<Bytes16, std::uint64_t>;
    struct Worker {
        Pacing pacing;  // as last asked with
        std::uint32_t in_flight = 0;
        std::deque<std::int64_t> starts;    // in the period of the rate
        std::deque<std::int64_t> failures;  // in the window of the breaker
        BreakerState breaker = BreakerState::Closed;
        std::int64_t open_until_ms = 0;
        std::optional<std::int64_t> opened_ms;  // by a former engine; until somebody asks
        std::uint32_t cohort = 0;               // half open: so many under way at most
        std::uint32_t answered = 0;             // half open: of this cohort
        std::map<std::uint64_t, Waiter> queue;
        std::map<Waiter, std::uint64_t> places;
    };

    [[nodiscard]] static std::optional<std::int64_t> free_ms(const Worker& worker);
    [[nodiscard]] const Worker* behind(const Bytes16& run, std::uint64_t call) const;
    void close_in(const std::string& name, Worker& worker);
    static std::uint32_t room(Worker& worker, std::int64_t now_ms);
    void set_breaker(const std::string& name, Worker& worker, BreakerState state);
    void try_half_open(const std::string& name, Worker& worker, std::int64_t now_ms);

    std::map<std::string, Worker> workers_;
    std::map<Bytes16, std::vector<std::string>> waiting_;  // workers that a run waits for
    std::uint64_t next_place_ = 0;
    std::vector<Change> changes_;
};

}  // namespace weft::engine

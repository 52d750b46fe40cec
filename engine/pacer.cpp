#include "engine/pacer.h"

#include <algorithm>
#include <limits>

namespace weft::engine {
namespace {

constexpr auto kNoLimit = std::numeric_limits<std::uint32_t>::max();

void drop_before(std::deque<std::int64_t>& times, std::int64_t first_kept) {
    while (!times.empty() && times.front() < first_kept) times.pop_front();
}

std::uint32_t left_of(std::uint32_t limit, std::size_t used) {
    return used >= limit ? 0 : limit - static_cast<std::uint32_t>(used);
}

}  // namespace

// How many may leave now.
std::uint32_t Pacer::room(Worker& worker, std::int64_t now_ms) {
    const Pacing& pacing = worker.pacing;
    std::uint32_t room = kNoLimit;
    if (pacing.at_once > 0) room = left_of(pacing.at_once, worker.in_flight);
    if (pacing.rate_count > 0) {
        drop_before(worker.starts, now_ms - pacing.rate_period_ms + 1);
        room = std::min(room, left_of(pacing.rate_count, worker.starts.size()));
    }
    if (worker.breaker == BreakerState::Open) return 0;
    if (worker.breaker == BreakerState::HalfOpen) {
        room = std::min(room, left_of(worker.cohort, worker.in_flight));
    }
    return room;
}

void Pacer::set_breaker(const std::string& name, Worker& worker, BreakerState state) {
    worker.breaker = state;
    changes_.push_back({name, state, static_cast<std::uint32_t>(worker.failures.size())});
}

void Pacer::try_half_open(const std::string& name, Worker& worker, std::int64_t now_ms) {
    if (worker.breaker != BreakerState::Open || now_ms < worker.open_until_ms) return;
    worker.failures.clear();
    worker.cohort = kCanaries;
    worker.answered = 0;
    set_breaker(name, worker, BreakerState::HalfOpen);
}

void Pacer::take_over(const std::string& name, std::int64_t opened_ms) {
    Worker& worker = workers_[name];
    worker.breaker = BreakerState::Open;
    worker.opened_ms = opened_ms;
}

// How long a breaker that was taken over stays open; a program without breaker has none.
void Pacer::close_in(const std::string& name, Worker& worker) {
    const auto opened = std::exchange(worker.opened_ms, {});
    if (!opened) return;
    if (worker.pacing.breaker_failures == 0) {
        set_breaker(name, worker, BreakerState::Closed);
    } else {
        worker.open_until_ms = *opened + worker.pacing.breaker_open_ms;
    }
}

bool Pacer::admit(const WorkerRow& row, const Bytes16& run, std::uint64_t call,
                  std::int64_t now_ms) {
    Worker& worker = workers_[row.name];
    worker.pacing = row.pacing;
    close_in(row.name, worker);
    try_half_open(row.name, worker, now_ms);
    const Waiter waiter{run, call};
    const auto place = worker.places.find(waiter);
    const auto room_now = room(worker, now_ms);
    // The oldest go first: whoever is not among the first that there is room for stays.
    std::size_t before = worker.queue.size();
    if (place != worker.places.end()) {
        const auto end = worker.queue.find(place->second);
        before = 0;
        for (auto at = worker.queue.begin(); at != end && before < room_now; ++at) ++before;
    }
    if (before >= room_now) {
        if (place == worker.places.end()) {
            worker.places.emplace(waiter, next_place_);
            worker.queue.emplace(next_place_++, waiter);
            auto& names = waiting_[run];
            if (std::ranges::find(names, row.name) == names.end()) names.push_back(row.name);
        }
        return false;
    }
    if (place != worker.places.end()) {
        worker.queue.erase(place->second);
        worker.places.erase(place);
    }
    ++worker.in_flight;
    if (worker.pacing.rate_count > 0) worker.starts.push_back(now_ms);
    return true;
}

void Pacer::finished(const std::string& name, Health health, std::int64_t now_ms) {
    const auto found = workers_.find(name);
    if (found == workers_.end()) return;
    Worker& worker = found->second;
    if (worker.in_flight > 0) --worker.in_flight;
    if (worker.pacing.breaker_failures == 0 || health == Health::Unknown) return;
    if (health == Health::Failed) {
        drop_before(worker.failures, now_ms - worker.pacing.breaker_window_ms + 1);
        worker.failures.push_back(now_ms);
        const bool opens = worker.breaker == BreakerState::HalfOpen ||
                           (worker.breaker == BreakerState::Closed &&
                            worker.failures.size() >= worker.pacing.breaker_failures);
        if (!opens) return;
        worker.open_until_ms = now_ms + worker.pacing.breaker_open_ms;
        set_breaker(name, worker, BreakerState::Open);
        return;
    }
    if (worker.breaker != BreakerState::HalfOpen || ++worker.answered < worker.cohort) return;
    worker.answered = 0;
    worker.cohort *= 2;
    if (worker.cohort > kCohortMax || worker.queue.empty()) {
        set_breaker(name, worker, BreakerState::Closed);
    }
}

void Pacer::keep_only(const Bytes16& run, const std::vector<std::uint64_t>& calls) {
    const auto found = waiting_.find(run);
    if (found == waiting_.end()) return;
    bool any = false;
    for (const auto& name : found->second) {
        Worker& worker = workers_.at(name);
        for (auto at = worker.places.lower_bound({run, 0});
             at != worker.places.end() && at->first.first == run;) {
            if (std::ranges::binary_search(calls, at->first.second)) {
                any = true;
                ++at;
                continue;
            }
            worker.queue.erase(at->second);
            at = worker.places.erase(at);
        }
    }
    if (!any) waiting_.erase(found);
}

std::vector<Bytes16> Pacer::ready(std::int64_t now_ms) {
    std::vector<Bytes16> out;
    if (waiting_.empty()) return out;
    for (auto& [name, worker] : workers_) {
        if (worker.queue.empty()) continue;
        try_half_open(name, worker, now_ms);
        auto left = room(worker, now_ms);
        for (auto at = worker.queue.begin(); at != worker.queue.end() && left > 0; ++at, --left) {
            out.push_back(at->second.first);
        }
    }
    return out;
}

std::optional<std::int64_t> Pacer::free_ms(const Worker& worker) {
    const Pacing& pacing = worker.pacing;
    if (worker.breaker == BreakerState::Open) return worker.open_until_ms;
    if (pacing.rate_count > 0 && worker.starts.size() >= pacing.rate_count) {
        return worker.starts.front() + pacing.rate_period_ms;
    }
    return std::nullopt;
}

std::optional<std::int64_t> Pacer::next_ms() const {
    std::optional<std::int64_t> next;
    if (waiting_.empty()) return next;
    for (const auto& [name, worker] : workers_) {
        if (worker.queue.empty()) continue;
        const auto due = free_ms(worker);
        if (due && (!next || *due < *next)) next = due;
    }
    return next;
}

const Pacer::Worker* Pacer::behind(const Bytes16& run, std::uint64_t call) const {
    const auto found = waiting_.find(run);
    if (found == waiting_.end()) return nullptr;
    for (const auto& name : found->second) {
        const Worker& worker = workers_.at(name);
        if (worker.places.contains({run, call})) return &worker;
    }
    return nullptr;
}

std::optional<std::string> Pacer::waits_for(const Bytes16& run, std::uint64_t call) const {
    const Worker* worker = behind(run, call);
    if (worker == nullptr) return std::nullopt;
    return worker->breaker == BreakerState::Closed ? "limit" : "breaker";
}

std::optional<std::int64_t> Pacer::free_ms(const Bytes16& run, std::uint64_t call) const {
    const Worker* worker = behind(run, call);
    return worker == nullptr ? std::nullopt : free_ms(*worker);
}

}  // namespace weft::engine

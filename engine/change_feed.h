// The latest changes of runs and schedules, for whoever watches an engine: it is asked again and
// again for what came since. It is no log; what it says is in the records, and who asks too late
// finds the oldest gone.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "store/rows.h"

namespace weft::engine {

struct FeedItem {
    std::uint64_t no = 0;
    std::int64_t time_ms = 0;
    store::RunId run{};    // zero: none
    std::string workflow;  // of the run
    std::string status;    // that the run has now; empty when it is about a schedule
    std::string schedule;
    std::string what;  // became of the schedule's time
    std::int64_t due_ms = 0;
};

class ChangeFeed {
  public:
    void add(FeedItem change) {
        change.no = next_++;
        changes_.push_back(std::move(change));
        if (changes_.size() > kKept) changes_.pop_front();
    }
    [[nodiscard]] std::uint64_t next() const { return next_; }
    // From number `from` on.
    [[nodiscard]] std::vector<FeedItem> since(std::uint64_t from, std::size_t limit) const {
        std::vector<FeedItem> out;
        const std::uint64_t first = next_ - changes_.size();
        for (std::uint64_t no = from < first ? first : from; no < next_ && out.size() < limit;
             ++no) {
            out.push_back(changes_[no - first]);
        }
        return out;
    }

  private:
    static constexpr std::size_t kKept = 10'000;
    std::deque<FeedItem> changes_;
    std::uint64_t next_ = 0;
};

}  // namespace weft::engine

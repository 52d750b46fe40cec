// Requests of watchers: what changed since they asked last, and what comes next by the clock.
#include <algorithm>

#include "engine/long_poll.h"
#include "engine/request_context.h"

namespace weft::engine {
namespace {

Json changes_json(const ChangeFeed& feed, std::uint64_t from, std::size_t limit) {
    Json list = Json::array();
    std::uint64_t next = feed.next();
    for (const auto& item : feed.since(from, limit)) {
        Json out;
        out["time"] = item.time_ms;
        if (item.run != store::RunId{}) out["run"] = to_hex(view(item.run));
        if (!item.status.empty()) {
            out["workflow"] = item.workflow;
            out["status"] = item.status;
        } else {
            out["schedule"] = item.schedule;
            out["due"] = item.due_ms;
            out["what"] = item.what;
        }
        next = item.no + 1;
        list.push_back(std::move(out));
    }
    Json out;
    out["changes"] = std::move(list);
    out["next"] = next;
    return out;
}

// Until something has changed.
class ChangesJob : public Job {
  public:
    ChangesJob(Core& core, std::uint64_t from, std::size_t limit, std::int64_t most_ms)
        : core_(core), from_(from), limit_(limit), wait_(core, most_ms) {}

    Result<std::optional<std::string>> advance() override {
        if (core_.feed().next() <= from_ && !wait_.is_over()) return std::nullopt;
        return json_line(changes_json(core_.feed(), from_, limit_));
    }
    [[nodiscard]] std::chrono::milliseconds patience() const override { return wait_.left(); }

  private:
    Core& core_;
    std::uint64_t from_;
    std::size_t limit_;
    LongPoll wait_;
};

}  // namespace

// Without `from`: where to begin.
Result<std::unique_ptr<Job>> begin_changes(const RequestContext& request) {
    const ChangeFeed& feed = request.core.feed();
    const auto from = request.number("from", -1);
    const auto limit = std::clamp<std::int64_t>(request.number("limit", 100), 1, 1000);
    if (from < 0) return std::make_unique<DoneJob>(json_line(changes_json(feed, feed.next(), 1)));
    return std::make_unique<ChangesJob>(request.core, static_cast<std::uint64_t>(from),
                                        static_cast<std::size_t>(limit), request.number("most", 0));
}

Result<Json> answer_schedules(const RequestContext& request) {
    Json list = Json::array();
    for (const auto& served : request.core.schedules()) {
        const ScheduleRow& row = served.image->schedules[served.row];
        Json item;
        item["schedule"] = served.name;
        item["workflow"] = served.image->workflows[row.workflow].name;
        item["when"] = schedule_text(row);
        item["next"] = served.next_ms;
        if (served.state.last_ms > 0) {
            item["last"] = served.state.last_ms;
            item["run"] = to_hex(view(served.state.last_run));
        }
        if (!served.state.queued.empty()) item["queued"] = served.state.queued.size();
        list.push_back(std::move(item));
    }
    Json out;
    out["schedules"] = std::move(list);
    return out;
}

}  // namespace weft::engine

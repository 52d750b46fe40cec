// Requests of watchers: what changed since they asked last, and what comes next by the clock.
#include <algorithm>

#include "engine/request_context.h"

namespace weft::engine {

Result<Json> answer_changes(const RequestContext& request) {
    const ChangeFeed& feed = request.core.feed();
    const auto from = request.number("from", -1);
    const auto limit = std::clamp<std::int64_t>(request.number("limit", 100), 1, 1000);
    Json list = Json::array();
    std::uint64_t next = feed.next();
    // Without `from`: where to begin.
    const auto items =
        from < 0 ? std::vector<FeedItem>{}
                 : feed.since(static_cast<std::uint64_t>(from), static_cast<std::size_t>(limit));
    for (const auto& item : items) {
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

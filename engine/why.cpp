#include "engine/why.h"

#include <deque>
#include <map>
#include <optional>

#include "bytecode/record.h"
#include "engine/history.h"

namespace weft::engine {
namespace {

constexpr std::size_t kLastRecords = 6;
constexpr std::size_t kSlice = 10'000;

std::string_view cause_name(HoldReason reason) {
    switch (reason) {
        case HoldReason::ThenHold:
            return "then-hold";
        case HoldReason::NoReturn:
            return "no-return";
        case HoldReason::Doubt:
            return "doubt";
        case HoldReason::Divergence:
            return "divergence";
        case HoldReason::Stuck:
            return "stuck";
        case HoldReason::Binding:
            return "binding";
    }
    return "failure";
}

// What is kept of a log while it is read once from its beginning.
class Story {
  public:
    void take(const HistoryEntry& entry) {
        note_times(entry);
        note_acts(entry);
        // That an engine took it up says nothing of why it is there.
        if (entry.kind == RecordKind::Resumed) return;
        last_.push_back(entry);
        if (last_.size() > kLastRecords) last_.pop_front();
    }

    void tell(Json& status) const {
        for (auto& wait : status["waits"]) tell_since(wait);
        put("cancelled_by", cancelled_, status);
        put("killed_by", killed_, status);
        if (!undone_.empty()) status["undone"] = undone_;
        if (!left_.empty()) status["left"] = left_;
        status["last"] = Json::array();
        for (const auto& entry : last_) status["last"].push_back(entry_json(entry, false));
    }

  private:
    void note_times(const HistoryEntry& entry) {
        switch (entry.kind) {
            case RecordKind::Call:
            case RecordKind::SubStart:
                call_since_[entry.seq] = entry.time_ms;
                break;
            case RecordKind::Start:
            case RecordKind::Outcome:
            case RecordKind::Doubt:
                call_since_[entry.call] = entry.time_ms;
                break;
            case RecordKind::Hold:
                holds_[entry.branch] = {entry.time_ms,
                                        cause_name(static_cast<HoldReason>(entry.status))};
                break;
            default:
                break;
        }
        // Of a branch that rests its last command is what it rests at.
        if (!is_fact(entry.kind)) branch_since_[entry.branch] = entry.time_ms;
        if (entry.kind == RecordKind::ReviewOpen) task_since_[entry.task] = entry.time_ms;
    }

    void note_acts(const HistoryEntry& entry) {
        switch (entry.kind) {
            case RecordKind::HeldByOperator:
                held_ = entry;
                break;
            case RecordKind::Released:
                held_.reset();
                break;
            case RecordKind::Cancel:
                cancelled_ = entry;
                break;
            case RecordKind::Kill:
                killed_ = entry;
                break;
            case RecordKind::UndoEnd:
                if (entry.status == static_cast<std::uint8_t>(UndoStatus::Done)) {
                    undone_.push_back(entry.step);
                } else if (entry.status == static_cast<std::uint8_t>(UndoStatus::Skipped)) {
                    left_.push_back(entry.step);
                }
                break;
            default:
                break;
        }
    }

    static void put(const char* name, const std::optional<HistoryEntry>& entry, Json& out) {
        if (entry)
            out[name] = {{"seq", entry->seq}, {"time", entry->time_ms}, {"text", entry->text}};
    }

    void tell_since(Json& wait) const {
        const auto kind = wait.value("kind", "");
        const auto branch = wait.value("branch", std::uint32_t{0});
        if (kind == "release") {
            tell_hold(wait, branch);
            return;
        }
        if (kind == "review") {
            const auto task = wait.value("task", "");
            const auto seq = std::strtoull(task.c_str() + task.find(':') + 1, nullptr, 10);
            if (auto at = task_since_.find(seq); at != task_since_.end())
                wait["since"] = at->second;
            return;
        }
        if (wait.contains("call")) {
            const auto at = call_since_.find(wait["call"].get<std::uint64_t>());
            if (at != call_since_.end()) wait["since"] = at->second;
        } else if (const auto at = branch_since_.find(branch); at != branch_since_.end()) {
            if (wait.contains("branch")) wait["since"] = at->second;
        }
    }

    void tell_hold(Json& wait, std::uint32_t branch) const {
        if (wait.value("cause", "") == "operator" && held_) {
            wait["since"] = held_->time_ms;
            wait["act"] = held_->text;
            return;
        }
        const auto hold = holds_.find(branch);
        if (hold == holds_.end()) return;
        wait["since"] = hold->second.time_ms;
        if (wait.value("cause", "") == "failure") wait["cause"] = hold->second.cause;
    }

    struct Hold {
        std::int64_t time_ms = 0;
        std::string_view cause;
    };
    std::map<std::uint64_t, std::int64_t> call_since_;
    std::map<std::uint32_t, std::int64_t> branch_since_;
    std::map<std::uint64_t, std::int64_t> task_since_;
    std::map<std::uint32_t, Hold> holds_;
    std::optional<HistoryEntry> held_;
    std::optional<HistoryEntry> cancelled_;
    std::optional<HistoryEntry> killed_;
    std::vector<std::string> undone_;
    std::vector<std::string> left_;
    std::deque<HistoryEntry> last_;
};

}  // namespace

Result<void> explain(const RequestContext& request, const store::RunId& id, Json& status) {
    auto& store = request.core.store();
    WEFT_TRY(cursor, request.cursors.take(store, id, 0));
    Story story;
    while (true) {
        WEFT_TRY(entries, cursor->read(store, cursor->next(), kSlice));
        for (const auto& entry : entries) story.take(entry);
        if (entries.size() < kSlice) break;
    }
    request.cursors.keep(std::move(cursor));
    story.tell(status);
    WEFT_TRY(waiting, store.inbox_of(id, 1000));
    if (!waiting.empty()) status["inbox"] = waiting.size();
    return {};
}

}  // namespace weft::engine

// Requests that look at a run: log, timeline, cost.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/history.h"
#include "engine/request_context.h"
#include "value/payload.h"

namespace weft::engine {
namespace {

struct Viewed {
    RunHeader header;
    std::vector<HistoryEntry> entries;
};

Result<Viewed> view_run(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(header, read_run_header(request.core.store(), id));
    Viewed out{std::move(header), {}};
    WEFT_TRY(entries, read_history(request.core.store(), out.header));
    out.entries = std::move(entries);
    return out;
}

vm::RunStatus status_of(const RequestContext& request, const store::RunRow& row) {
    LiveRun* live = request.core.live(row.id);
    return live != nullptr ? live->machine().status() : static_cast<vm::RunStatus>(row.status);
}

}  // namespace

Json entry_json(const HistoryEntry& entry, bool payloads) {
    Json out;
    out["seq"] = entry.seq;
    out["leaf"] = entry.leaf;
    out["time"] = entry.time_ms;
    out["kind"] = kind_name(entry.kind);
    out["fact"] = is_fact(entry.kind);
    out["branch"] = entry.branch;
    if (!entry.step.empty()) out["step"] = entry.step;
    if (!entry.place.empty()) out["place"] = entry.place;
    out["text"] = entry.text;
    // A begin's payload holds the run's seed, which keys are made from: it is not shown.
    bool shown = payloads && !entry.payload.empty() && entry.kind != RecordKind::Begin;
    Value value;
    if (shown && decode_payload(entry.payload, value)) out["payload"] = untyped_json(value);
    return out;
}

Json untyped_json(const Value& value) {
    switch (value.tag()) {
        case Tag::None:
            return nullptr;
        case Tag::False:
            return false;
        case Tag::True:
            return true;
        case Tag::Int:
        case Tag::Duration:
        case Tag::Date:
        case Tag::Time:
            return value.as_int();
        case Tag::Decimal:
            return value.as_decimal().to_string();
        case Tag::Money: {
            const auto& money = value.as_money();
            return money.amount.to_string() + " " +
                   std::string(money.currency.begin(), money.currency.end());
        }
        case Tag::Text:
            return value.as_text();
        case Tag::Bytes:
            return to_hex(value.as_text());
        case Tag::List:
        case Tag::Record: {
            Json out = Json::array();
            for (const auto& item : value.items()) out.push_back(untyped_json(item));
            return out;
        }
        case Tag::Case: {
            Json out = Json::array({fmt::format("case {}", value.as_case().number)});
            for (const auto& field : value.as_case().fields) out.push_back(untyped_json(field));
            return out;
        }
        case Tag::Map: {
            Json out = Json::object();
            for (const auto& [key, item] : value.entries()) out[key] = untyped_json(item);
            return out;
        }
    }
    return nullptr;
}

Result<Json> answer_log(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    auto from = static_cast<std::uint64_t>(std::max<std::int64_t>(0, request.number("from", 0)));
    auto limit = static_cast<std::size_t>(
        std::clamp<std::int64_t>(request.number("limit", 1'000'000), 1, 1'000'000));
    Json out;
    // A follower that is up to date is answered without a replay.
    LiveRun* live = request.core.live(id);
    if (auto notice = request.core.notice(); !notice.empty()) out["notice"] = std::move(notice);
    if (live != nullptr && live->next_seq() <= from) {
        out["entries"] = Json::array();
        out["next"] = from;
        out["status"] = status_name(live->machine().status());
        return out;
    }
    WEFT_TRY(cursor, request.cursors.take(request.core.store(), id, from));
    WEFT_TRY(read, cursor->read(request.core.store(), from, limit));
    Json entries = Json::array();
    for (const auto& entry : read) entries.push_back(entry_json(entry, request.flag("payloads")));
    out["entries"] = std::move(entries);
    out["next"] = read.empty() ? from : read.back().seq + 1;
    WEFT_TRY(row, request.core.store().run(id));
    out["status"] = status_name(status_of(request, *row));
    request.cursors.keep(std::move(cursor));
    return out;
}

namespace {

struct Row {
    std::string step;
    std::string_view kind;
    std::uint32_t branch = 0;
    std::uint32_t generation = 0;
    Json bars = Json::array();
    std::int64_t open_since = -1;
    std::string_view open_state;
};

void close_bar(Row& row, std::int64_t at, std::uint16_t attempt, std::string_view outcome) {
    if (row.open_since < 0) return;
    Json bar;
    bar["from"] = row.open_since;
    bar["to"] = at;
    bar["state"] = row.open_state;
    if (attempt > 0) bar["attempt"] = attempt;
    if (!outcome.empty()) bar["outcome"] = outcome;
    row.bars.push_back(std::move(bar));
    row.open_since = -1;
}

// Rows in the order in which they began; one a call, a gate or a review.
class TimelineBuilder {
  public:
    void take(const HistoryEntry& entry) {
        last_ms_ = entry.time_ms;
        switch (entry.kind) {
            case RecordKind::Call:
                add(entry, entry.direction == 0 ? "step" : entry.direction == 1 ? "undo" : "probe");
                calls_[entry.seq] = rows_.size() - 1;
                break;
            case RecordKind::SubStart:
                add(entry, "run");
                calls_[entry.seq] = rows_.size() - 1;
                open(entry.seq, entry.time_ms, "running");
                break;
            case RecordKind::SubEnded:
                if (auto row = calls_.find(entry.call); row != calls_.end()) {
                    close_bar(rows_[row->second], entry.time_ms, 0,
                              status_name(static_cast<vm::RunStatus>(entry.status)));
                }
                break;
            case RecordKind::Start:
                open(entry.call, entry.time_ms, "running");
                break;
            case RecordKind::Outcome:
                outcome(entry);
                break;
            case RecordKind::TimerSet:
                // A timer that a call waits for is its pause before the next attempt.
                if (entry.call != 0 && calls_.contains(entry.call)) {
                    open(entry.call, entry.time_ms, "backoff");
                }
                break;
            case RecordKind::Gate:
                gate(entry);
                break;
            case RecordKind::ReviewOpen:
                review(entry);
                break;
            case RecordKind::Decision:
                decision(entry);
                break;
            default:
                break;
        }
    }

    Json finish() {
        Json out = Json::array();
        for (auto& row : rows_) {
            close_bar(row, last_ms_, 0, "open");
            Json item;
            item["step"] = row.step;
            item["kind"] = row.kind;
            item["branch"] = row.branch;
            item["generation"] = row.generation;
            item["bars"] = std::move(row.bars);
            out.push_back(std::move(item));
        }
        return out;
    }
    [[nodiscard]] std::int64_t last_ms() const { return last_ms_; }

  private:
    void add(const HistoryEntry& entry, std::string_view kind) {
        rows_.push_back({entry.step, kind, entry.branch, entry.generation, Json::array(), -1, {}});
    }
    static void open_row(Row& row, std::int64_t at, std::string_view state) {
        close_bar(row, at, 0, "");
        row.open_since = at;
        row.open_state = state;
    }
    void open(std::uint64_t call, std::int64_t at, std::string_view state) {
        auto found = calls_.find(call);
        if (found != calls_.end()) open_row(rows_[found->second], at, state);
    }
    void outcome(const HistoryEntry& entry) {
        static constexpr std::array<std::string_view, 5> kWords = {"ok", "failed", "in doubt",
                                                                   "cancelled", "late"};
        auto found = calls_.find(entry.call);
        if (found == calls_.end()) return;
        close_bar(rows_[found->second], entry.time_ms, entry.attempt,
                  kWords[std::min<std::size_t>(entry.status, kWords.size() - 1)]);
    }
    void gate(const HistoryEntry& entry) {
        static constexpr std::array<std::string_view, 3> kWords = {"passed", "missed", "accepted"};
        add(entry, "gate");
        open_row(rows_.back(), entry.time_ms, "decided");
        close_bar(rows_.back(), entry.time_ms, 0,
                  kWords[std::min<std::size_t>(entry.status, kWords.size() - 1)]);
    }
    // Asked again, of others or with other values, it is the same task.
    void review(const HistoryEntry& entry) {
        auto found = tasks_.find(entry.task);
        if (found == tasks_.end()) {
            add(entry, "review");
            found = tasks_.emplace(entry.task, rows_.size() - 1).first;
        } else {
            close_bar(rows_[found->second], entry.time_ms, 0, "asked again");
        }
        open_row(rows_[found->second], entry.time_ms, "waiting");
    }
    void decision(const HistoryEntry& entry) {
        static constexpr std::array<std::string_view, 4> kWords = {"approved", "rejected",
                                                                   "expired", "revised"};
        auto found = tasks_.find(entry.task);
        if (found == tasks_.end()) return;
        close_bar(rows_[found->second], entry.time_ms, 0,
                  kWords[std::min<std::size_t>(entry.status, kWords.size() - 1)]);
    }

    std::vector<Row> rows_;
    std::map<std::uint64_t, std::size_t> calls_;
    std::map<std::uint64_t, std::size_t> tasks_;
    std::int64_t last_ms_ = 0;
};

}  // namespace

Result<Json> answer_timeline(const RequestContext& request) {
    WEFT_TRY(viewed, view_run(request));
    TimelineBuilder builder;
    for (const auto& entry : viewed.entries) builder.take(entry);
    Json out;
    out["run"] = to_hex(view(viewed.header.row.id));
    out["workflow"] = viewed.header.known_workflow();
    out["status"] = status_name(status_of(request, viewed.header.row));
    out["begun"] = viewed.header.row.begun_ms;
    out["ended"] = viewed.header.row.ended_ms.value_or(builder.last_ms());
    out["rows"] = builder.finish();
    return out;
}

Result<Json> answer_cost(const RequestContext& request) {
    WEFT_TRY(viewed, view_run(request));
    struct Line {
        std::string worker;
        std::uint64_t calls = 0;
        std::uint64_t attempts = 0;
        std::int64_t micros = 0;
    };
    std::vector<std::string> order;
    std::map<std::string, Line> lines;
    std::int64_t total = 0;
    for (const auto& entry : viewed.entries) {
        bool counts = entry.kind == RecordKind::Call || entry.kind == RecordKind::Start ||
                      entry.kind == RecordKind::Outcome;
        if (!counts) continue;
        if (!lines.contains(entry.step)) order.push_back(entry.step);
        Line& line = lines[entry.step];
        if (entry.kind == RecordKind::Call) {
            ++line.calls;
            line.worker = entry.worker;
        }
        if (entry.kind == RecordKind::Start) ++line.attempts;
        line.micros += entry.cost_micros;
        total += entry.cost_micros;
    }
    Json steps = Json::array();
    for (const auto& step : order) {
        const Line& line = lines[step];
        Json item;
        item["step"] = step;
        item["worker"] = line.worker;
        item["calls"] = line.calls;
        item["attempts"] = line.attempts;
        item["cost"] = money_text(line.micros);
        steps.push_back(std::move(item));
    }
    Json out;
    out["run"] = to_hex(view(viewed.header.row.id));
    out["total"] = money_text(total);
    const auto& currency = viewed.header.workflow_row().budget_currency;
    out["currency"] = currency.empty() ? "USD" : currency;
    out["steps"] = std::move(steps);
    return out;
}

}  // namespace weft::engine

#include "engine/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bytecode/record.h"
#include "engine/request_context.h"

namespace weft::engine {
namespace {

constexpr std::uint8_t kUndo = 1;
constexpr std::uint8_t kProbe = 2;

// "90 s", "1.5 s", "3 h": the largest unit that keeps two digits, for people.
std::string duration_text(std::int64_t ms) {
    if (ms < 1000) return fmt::format("{} ms", ms);
    if (ms < 60'000) return fmt::format("{:.3g} s", static_cast<double>(ms) / 1000);
    if (ms < 3'600'000) return fmt::format("{:.3g} min", static_cast<double>(ms) / 60'000);
    if (ms < 86'400'000) return fmt::format("{:.3g} h", static_cast<double>(ms) / 3'600'000);
    return fmt::format("{:.3g} d", static_cast<double>(ms) / 86'400'000);
}

std::vector<Value> payload_fields(const std::string& payload) {
    Value value;
    if (!decode_canonical(payload, value) || value.tag() != Tag::Record) return {};
    return value.items();
}

std::string text_field(const std::vector<Value>& fields, std::size_t i) {
    return i < fields.size() && fields[i].tag() == Tag::Text ? fields[i].as_text() : std::string();
}

std::string score_text(const Value& value) {
    if (value.tag() == Tag::Decimal) {
        auto rounded = Decimal::round(value.as_decimal(), 2);
        return rounded ? rounded->to_string() : value.as_decimal().to_string();
    }
    if (value.tag() == Tag::Int) return fmt::format("{}", value.as_int());
    return "-";
}

// The requirements of a gate record: records (score, threshold, passed, reason), wherever the
// payload holds their list.
std::vector<Value> requirement_records(const Value& payload) {
    auto is_requirement = [](const Value& v) {
        return v.tag() == Tag::Record && v.items().size() == 4 &&
               (v.items()[2].tag() == Tag::True || v.items()[2].tag() == Tag::False);
    };
    if (payload.tag() != Tag::Record && payload.tag() != Tag::List) return {};
    const auto& items = payload.items();
    if (!items.empty() && std::all_of(items.begin(), items.end(), is_requirement)) return items;
    for (const auto& item : items) {
        auto found = requirement_records(item);
        if (!found.empty()) return found;
    }
    return {};
}

}  // namespace

HistoryEntry Historian::entry(const ReadRecord& record) {
    HistoryEntry out;
    out.seq = record.record.seq;
    out.leaf = record.leaf;
    out.time_ms = record.record.time_ms;
    out.kind = record.record.kind;
    out.branch = record.record.branch;
    out.payload = record.payload;
    fill_place(record, out);
    describe(record, out);
    return out;
}

void Historian::fill_place(const ReadRecord& record, HistoryEntry& out) const {
    const Image& image = *header_.image;
    if (record.record.site >= image.sites.size()) return;
    const auto& site = image.sites[record.record.site];
    switch (site.kind) {
        case SiteKind::Step:
            out.step = image.steps[site.row].path;
            break;
        case SiteKind::Fork:
            out.step = image.forks[site.row].path;
            break;
        case SiteKind::Gate:
            out.step = image.gates[site.row].path;
            break;
        case SiteKind::Review:
            out.step = image.reviews[site.row].path;
            break;
        default:
            break;
    }
    const auto& function = image.functions[site.function];
    if (site.pc >= function.places.size()) return;
    const auto& place = function.places[site.pc];
    if (place.file < image.files.size() && place.line > 0) {
        out.place = fmt::format("{}:{}", image.files[place.file], place.line);
    }
}

void Historian::fill_of_call(std::uint64_t call, HistoryEntry& out) const {
    out.call = call;
    auto found = calls_.find(call);
    if (found == calls_.end()) return;
    out.step = found->second.step;
    out.worker = found->second.worker;
    out.direction = found->second.direction;
    out.generation = found->second.generation;
}

void Historian::describe(const ReadRecord& record, HistoryEntry& out) {
    switch (record.record.kind) {
        case RecordKind::Begin:
            out.text = fmt::format("begun by {}", text_field(payload_fields(record.payload), 4));
            break;
        case RecordKind::End:
            if (auto body = decode_body<EndBody>(record.record.body)) {
                out.status = static_cast<std::uint8_t>(body->status);
                out.text = status_name(static_cast<vm::RunStatus>(body->status));
                auto fields = payload_fields(record.payload);
                if (body->status != EndStatus::Completed && fields.size() >= 2) {
                    out.error = text_field(fields, 0);
                    out.text += fmt::format(": {}, {}", out.error, text_field(fields, 1));
                }
            }
            break;
        case RecordKind::Resumed:
            out.text = "taken up again by an engine";
            break;
        case RecordKind::Call:
        case RecordKind::Start:
            describe_call(record, out);
            break;
        case RecordKind::Outcome:
        case RecordKind::Doubt:
        case RecordKind::Settled:
            describe_outcome(record, out);
            break;
        case RecordKind::Gate:
            describe_gate(record, out);
            break;
        case RecordKind::ReviewOpen:
        case RecordKind::Decision:
        case RecordKind::Cancel:
        case RecordKind::Kill:
        case RecordKind::Released:
            describe_people(record, out);
            break;
        default:
            describe_flow(record, out);
            break;
    }
}

void Historian::describe_call(const ReadRecord& record, HistoryEntry& out) {
    if (record.record.kind == RecordKind::Start) {
        auto body = decode_body<StartBody>(record.record.body);
        if (!body) return;
        fill_of_call(body->call, out);
        out.attempt = body->attempt;
        calls_[body->call].started_ms = record.record.time_ms;
        out.text = fmt::format("{} starts", out.worker);
        if (body->attempt > 1) out.text += fmt::format(", attempt {}", body->attempt);
        return;
    }
    auto body = decode_body<CallBody>(record.record.body);
    if (!body) return;
    const Image& image = *header_.image;
    out.call = out.seq;
    out.worker = body->worker < image.workers.size() ? image.workers[body->worker].name : "?";
    out.direction = static_cast<std::uint8_t>(body->direction);
    out.generation = body->generation;
    calls_[out.seq] = {out.step, out.worker, out.generation, out.direction, out.time_ms};
    out.text = fmt::format("calls {}", out.worker);
    if (out.direction == kUndo) out.text += " to undo";
    if (out.direction == kProbe) out.text += " to settle a doubt";
    if (out.generation > 0) out.text += fmt::format(", generation {}", out.generation + 1);
}

void Historian::describe_outcome(const ReadRecord& record, HistoryEntry& out) {
    if (auto settled = decode_body<SettledBody>(record.record.body);
        settled && record.record.kind == RecordKind::Settled) {
        fill_of_call(settled->call, out);
        out.text = settled->verdict == SettledVerdict::Done ? "settled: done" : "settled: not done";
        return;
    }
    if (auto doubt = decode_body<DoubtBody>(record.record.body);
        doubt && record.record.kind == RecordKind::Doubt) {
        fill_of_call(doubt->call, out);
        out.text = "in doubt";
        return;
    }
    auto body = decode_body<OutcomeBody>(record.record.body);
    if (!body) return;
    fill_of_call(body->call, out);
    out.attempt = body->attempt;
    out.status = static_cast<std::uint8_t>(body->status);
    out.cost_micros = body->cost_micros;
    std::string took = duration_text(out.time_ms - calls_[body->call].started_ms);
    auto fields = payload_fields(record.payload);
    out.error = text_field(fields, 1);
    std::string why = text_field(fields, 2);
    switch (body->status) {
        case OutcomeCode::Ok:
            out.text = fmt::format("done in {}", took);
            break;
        case OutcomeCode::Failed:
            out.text = fmt::format("failed after {}: {}, {}", took, out.error, why);
            break;
        case OutcomeCode::Unknown:
            out.text = fmt::format("in doubt: {}", why);
            break;
        case OutcomeCode::Cancelled:
            out.text = fmt::format("cancelled after {}", took);
            break;
        case OutcomeCode::Late:
            out.text = "answered too late";
            break;
    }
    if (body->cost_micros != 0) {
        out.text += fmt::format(", cost {} {}", money_text(body->cost_micros),
                                unpack_currency(body->currency));
    }
}

void Historian::describe_gate(const ReadRecord& record, HistoryEntry& out) const {
    auto body = decode_body<GateBody>(record.record.body);
    if (!body) return;
    out.status = static_cast<std::uint8_t>(body->verdict);
    Value payload;
    if (!decode_canonical(record.payload, payload)) payload = Value::none();
    switch (body->verdict) {
        case GateVerdict::Passed:
            out.text = "passed";
            break;
        case GateVerdict::Missed:
            out.text = "missed";
            break;
        case GateVerdict::Accepted:
            out.text = "accepted below its bar";
            break;
    }
    for (const auto& requirement : requirement_records(payload)) {
        const auto& parts = requirement.items();
        bool passed = parts[2].as_bool();
        out.text += fmt::format("; {} {}", passed ? "ok" : "MISS", text_field(parts, 3));
        if (!parts[0].is_none()) out.text += fmt::format(" (is {})", score_text(parts[0]));
    }
    const Image& image = *header_.image;
    if (body->verdict == GateVerdict::Missed && record.record.site < image.sites.size()) {
        const auto& gate = image.gates[image.sites[record.record.site].row];
        if (body->rung < gate.rungs.size()) out.text += "; next: " + gate.rungs[body->rung];
    }
}

void Historian::describe_people(const ReadRecord& record, HistoryEntry& out) const {
    auto fields = payload_fields(record.payload);
    auto reason = [&](std::size_t i) {
        std::string text = text_field(fields, i);
        return text.empty() ? "" : fmt::format(": {}", text);
    };
    switch (record.record.kind) {
        case RecordKind::ReviewOpen: {
            auto body = decode_body<ReviewOpenBody>(record.record.body);
            if (!body) return;
            out.due_ms = body->due_ms;
            const Image& image = *header_.image;
            const auto& review = image.reviews[image.sites[record.record.site].row];
            out.text = fmt::format(
                "review asked of \"{}\", {} allowed; task {}", fmt::join(review.roles, "\", \""),
                duration_text(review.within_ms), task_text(header_.row.id, out.seq));
            break;
        }
        case RecordKind::Decision: {
            static constexpr std::array<std::string_view, 4> kWords = {"approved", "rejected",
                                                                       "expired", "revised"};
            auto body = decode_body<DecisionBody>(record.record.body);
            if (!body) return;
            out.status = static_cast<std::uint8_t>(body->decision);
            out.text = fmt::format("{} by {} as \"{}\"{}", kWords[out.status],
                                   text_field(fields, 0), text_field(fields, 2), reason(1));
            break;
        }
        case RecordKind::Cancel:
            out.text = fmt::format("cancelled by {}{}", text_field(fields, 0), reason(1));
            break;
        case RecordKind::Kill:
            out.text = fmt::format("killed by {}{}", text_field(fields, 0), reason(1));
            break;
        default:
            out.text = fmt::format("released by {}", text_field(fields, 0));
            break;
    }
}

void Historian::describe_flow(const ReadRecord& record, HistoryEntry& out) {
    static constexpr std::array<std::string_view, 5> kPurposes = {
        "to try again", "deadline", "review deadline", "sleep", "timeout"};
    const std::string& bytes = record.record.body;
    switch (record.record.kind) {
        case RecordKind::TimerSet:
            if (auto body = decode_body<TimerSetBody>(bytes)) {
                if (body->call != 0) fill_of_call(body->call, out);
                out.timer = body->timer;
                out.due_ms = body->due_ms;
                out.text = fmt::format("waits {} ({})", duration_text(body->due_ms - out.time_ms),
                                       kPurposes[static_cast<std::size_t>(body->purpose)]);
                timers_[body->timer] = out.step;
            }
            break;
        case RecordKind::TimerFired:
            if (auto body = decode_body<TimerFiredBody>(bytes)) {
                out.timer = body->timer;
                out.step = timers_[body->timer];
                out.text = "the time is up";
            }
            break;
        case RecordKind::Fork:
            if (auto body = decode_body<ForkBody>(bytes)) {
                out.text = fmt::format("{} branches, {} at once", body->count, body->limit);
            }
            break;
        case RecordKind::Join:
            if (auto body = decode_body<JoinBody>(bytes)) {
                out.text = fmt::format("{} of {} branches done", body->ok, body->count);
            }
            break;
        case RecordKind::UndoBegin:
        case RecordKind::UndoEnd:
            if (auto body = decode_body<UndoEndBody>(bytes);
                body && record.record.kind == RecordKind::UndoEnd) {
                fill_of_call(body->call, out);
                out.text = body->status == UndoStatus::Done ? "undone" : "could not be undone";
            } else if (auto begin = decode_body<UndoBeginBody>(bytes)) {
                fill_of_call(begin->call, out);
                out.text = "is undone";
            }
            break;
        case RecordKind::Hold:
            out.text = "held for an operator";
            break;
        case RecordKind::Budget:
            out.text = "not started: it could pass the budget";
            break;
        case RecordKind::Event:
            out.text = "event";
            break;
        default:
            out.text = record_kind_info(static_cast<std::uint8_t>(out.kind))->summary;
            break;
    }
}

void Historian::describe_event(const ReadRecord& record, HistoryEntry& out) const {
    const Image& image = *header_.image;
    Value value;
    bool known = record.record.site < image.sites.size() && decode_canonical(record.payload, value);
    if (!known) return;
    const auto& event = image.events[image.sites[record.record.site].row];
    std::string json = to_json(image.types, event.type, value);
    constexpr std::size_t kShown = 200;
    if (json.size() > kShown) json = json.substr(0, kShown) + "…";
    out.text = fmt::format("{}: {}", event.name, json);
}

HistoryCursor::HistoryCursor(RunHeader header)
    : header_(std::move(header)), historian_(header_), replayer_(header_) {}

Result<std::vector<HistoryEntry>> HistoryCursor::read(store::Store& store, std::uint64_t from,
                                                      std::size_t limit) {
    std::vector<HistoryEntry> out;
    if (limit == 0) return out;
    WEFT_TRY_VOID(read_records(store, header_, replayer_.so_far().head,
                               [&](ReadRecord& record) -> Result<bool> {
                                   WEFT_TRY(same, replayer_.take(record));
                                   if (!same) return false;
                                   HistoryEntry entry = historian_.entry(record);
                                   if (entry.seq >= from) out.push_back(std::move(entry));
                                   return out.size() < limit;
                               }));
    if (const auto& divergence = replayer_.so_far().divergence) {
        return fail(ErrorKind::Corrupt,
                    fmt::format("the run diverges from its program at record {}: {}",
                                divergence->seq, divergence->what));
    }
    return out;
}

Result<std::vector<HistoryEntry>> read_history(store::Store& store, const RunHeader& header) {
    HistoryCursor cursor(header);
    return cursor.read(store, 0, SIZE_MAX);
}

}  // namespace weft::engine

#include "engine/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/one_line.h"
#include "bytecode/record.h"
#include "engine/error_fields.h"
#include "engine/history_text.h"
#include "engine/request_context.h"
#include "engine/sites.h"
#include "value/payload.h"

namespace weft::engine {
namespace {

constexpr std::uint8_t kUndo = 1;
constexpr std::uint8_t kProbe = 2;

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

std::string hit_text(const HitBody& body, const std::string& refused) {
    const auto run = to_hex(view(body.origin_run)).substr(0, 8);
    switch (body.source) {
        case HitSource::Migration:
            return refused.empty()
                       ? fmt::format("taken over from record {}", body.origin_seq)
                       : fmt::format("failed at record {}: {}", body.origin_seq, refused);
        case HitSource::Fork:
            return refused.empty()
                       ? fmt::format("taken over from run {}, record {}", run, body.origin_seq)
                       : fmt::format("failed in run {}, record {}: {}", run, body.origin_seq,
                                     refused);
        case HitSource::Key:
            if (refused.empty()) return fmt::format("had before with this key, in run {}", run);
            break;
        case HitSource::Cache:
            if (refused.empty()) return fmt::format("taken from the cache, had in run {}", run);
            break;
    }
    return "refused: " + refused;
}

// Who began it, and out of what.
std::string begin_text(const ReadRecord& record) {
    auto who = fmt::format("begun by {}", name_field(payload_fields(record.payload), 4));
    const auto body = decode_body<BeginBody>(record.record.body);
    if (!body) return who;
    const auto run = to_hex(view(body->origin_run)).substr(0, 8);
    switch (body->origin) {
        case Origin::New:
            return who;
        case Origin::SubRun:
            return fmt::format("{}, for record {} of run {}", who, body->origin_seq, run);
        case Origin::Fork:
            return fmt::format("{}, forked from run {} before its record {}", who, run,
                               body->origin_seq);
        case Origin::Import:
            return fmt::format("{}, taken over from another store", who);
    }
    return who;
}

// Why only a person lets it go on; the payload has the error that led there.
std::string hold_text(const HoldBody& body, const std::vector<Value>& error) {
    static constexpr std::array<std::string_view, 6> kWhy = {
        "its attempts are used up, and the step says `then hold`",
        "it failed past the point of no return",
        "nobody but a person can say whether it had its effect",
        "it parts from its program",
        "what was done could not be undone",
        "its worker was bound to something else while an attempt was open"};
    auto out =
        fmt::format("held for an operator: {}", kWhy.at(static_cast<std::size_t>(body.reason)));
    const auto name = text_field(error, 0);
    if (!name.empty()) out += fmt::format(" ({}: {})", name, text_field(error, 1));
    return out;
}

// Who changed the run's program, and why.
std::string change_text(const ReadRecord& record) {
    const auto fields = payload_fields(record.payload);
    const auto why = text_field(fields, 1);
    return fmt::format("{} by {}{}",
                       record.record.kind == RecordKind::Adopted
                           ? "goes on under another program that takes the same decisions, adopted"
                           : "begins again under another program and takes over what was done, "
                             "migrated",
                       name_field(fields, 0), why.empty() ? "" : ": " + why);
}

}  // namespace

HistoryEntry Historian::entry(const ReadRecord& record) {
    HistoryEntry out;
    out.seq = record.record.seq;
    out.leaf = record.leaf;
    out.time_ms = record.record.time_ms;
    out.kind = record.record.kind;
    out.branch = record.record.branch;
    const auto hidden = secrets_.hide(record.record, record.payload);
    out.payload = hidden ? canonical(*hidden) : record.payload;
    fill_place(record, out);
    describe(record, out);
    if (record.payload_state == PayloadState::Erased) out.text += " (the data was erased)";
    out.text = one_line(out.text);
    return out;
}

void Historian::fill_place(const ReadRecord& record, HistoryEntry& out) const {
    out.step = site_path(*image_, record.record.site);
    out.place = site_place(*image_, record.record.site);
}

const WorkflowRow& Historian::workflow() const {
    const auto& name = header_.workflow_row().name;
    const auto found = std::ranges::find(image_->workflows, name, &WorkflowRow::name);
    return found == image_->workflows.end() ? image_->workflows.front() : *found;
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
            out.text = begin_text(record);
            break;
        case RecordKind::End:
            if (auto body = decode_body<EndBody>(record.record.body)) {
                out.status = static_cast<std::uint8_t>(body->status);
                out.text = status_name(static_cast<vm::RunStatus>(body->status));
                auto fields = payload_fields(record.payload);
                if (body->status != EndStatus::Completed && fields.size() >= 2) {
                    out.error = text_field(fields, 0);
                    out.text += fmt::format(": {}, {}", out.error, text_field(fields, 1));
                    if (fields.size() > 4) {
                        out.text += error_fields_text(*header_.image, out.error, fields[4]);
                    }
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
        case RecordKind::HeldByOperator:
        case RecordKind::Released:
        case RecordKind::Operator:
            describe_people(record, out);
            break;
        case RecordKind::Signal:
        case RecordKind::SignalTaken:
        case RecordKind::LockAsk:
        case RecordKind::LockGot:
        case RecordKind::LockFreed:
            describe_outside(record, out);
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
    const Image& image = *image_;
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
        const bool is_done = settled->verdict == SettledVerdict::Done;
        // What was done already is settled when it could not be undone.
        if (calls_[settled->call].is_done) {
            out.text = is_done ? "settled: undone by other means" : "settled: left as it is";
        } else {
            out.text = is_done ? "settled: done" : "settled: not done";
        }
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
            calls_[body->call].is_done = true;
            break;
        case OutcomeCode::Failed:
            out.text = fmt::format("failed after {}", took);
            if (!fields.empty()) out.text += fmt::format(": {}, {}", out.error, why);
            if (fields.size() > 5) {
                out.text += error_fields_text(*header_.image, out.error, fields[5]);
            }
            break;
        case OutcomeCode::Unknown:
            out.text = fields.empty() ? "in doubt" : fmt::format("in doubt: {}", why);
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
    if (!decode_payload(record.payload, payload)) payload = Value::none();
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
    const Image& image = *image_;
    if (body->verdict == GateVerdict::Missed && record.record.site < image.sites.size()) {
        const auto& gate = image.gates[image.sites[record.record.site].row];
        if (body->rung < gate.rungs.size()) out.text += "; next: " + gate.rungs[body->rung];
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
                out.status = static_cast<std::uint8_t>(body->status);
                out.text = body->status == UndoStatus::Done      ? "undone"
                           : body->status == UndoStatus::Skipped ? "left as it is"
                                                                 : "could not be undone";
            } else if (auto begin = decode_body<UndoBeginBody>(bytes)) {
                fill_of_call(begin->call, out);
                out.text = "is undone";
            }
            break;
        case RecordKind::Hold:
            if (auto body = decode_body<HoldBody>(bytes)) {
                out.status = static_cast<std::uint8_t>(body->reason);
                out.text = hold_text(*body, payload_fields(record.payload));
            }
            break;
        case RecordKind::Hit:
            if (auto body = decode_body<HitBody>(bytes)) {
                fill_of_call(body->call, out);
                const auto refused = text_field(payload_fields(record.payload), 1);
                out.text = hit_text(*body, refused);
            }
            break;
        case RecordKind::SubStart:
        case RecordKind::SubEnded:
            describe_sub(record, out);
            break;
        case RecordKind::Adopted:
        case RecordKind::Migrated:
            out.text = change_text(record);
            break;
        case RecordKind::Budget:
            out.text = "not started: it could pass the budget";
            break;
        case RecordKind::Event:
            describe_event(record, out);
            break;
        default:
            out.text = record_kind_info(static_cast<std::uint8_t>(out.kind))->summary;
            break;
    }
}

void Historian::describe_sub(const ReadRecord& record, HistoryEntry& out) {
    if (auto body = decode_body<SubStartBody>(record.record.body);
        body && record.record.kind == RecordKind::SubStart) {
        const auto& workflows = image_->workflows;
        const auto name =
            body->workflow < workflows.size() ? workflows[body->workflow].name : std::string("?");
        calls_[out.seq] = {out.step, name, 0, 0, out.time_ms};
        out.call = out.seq;
        out.text =
            fmt::format("begins {} as run {}{}", name, to_hex(view(body->child)).substr(0, 8),
                        body->detached ? ", detached" : "");
        return;
    }
    auto body = decode_body<SubEndedBody>(record.record.body);
    if (!body) return;
    fill_of_call(body->call, out);
    out.status = static_cast<std::uint8_t>(body->status);
    out.text = fmt::format("{} is {} after {}", out.worker,
                           status_name(static_cast<vm::RunStatus>(body->status)),
                           duration_text(out.time_ms - calls_[body->call].started_ms));
}

void Historian::describe_event(const ReadRecord& record, HistoryEntry& out) const {
    const Image& image = *image_;
    Value value;
    bool known = record.record.site < image.sites.size() && decode_payload(record.payload, value);
    if (!known) return;
    const auto& event = image.events[image.sites[record.record.site].row];
    out.text =
        fmt::format("{}: {}", event.name, shortened(to_json(image.types, event.type, value)));
}

HistoryCursor::HistoryCursor(RunHeader header)
    : header_(std::move(header)),
      historian_(header_),
      replayer_(std::make_unique<Replayer>(header_)) {}

Result<std::shared_ptr<const Image>> HistoryCursor::image_for(ReadRecord& record) {
    if (replayer_) {
        const auto same = replayer_->take(record);
        if (same && *same) return replayer_->so_far().image;
        if (same) return nullptr;
        const bool erased =
            same.error().kind == ErrorKind::Refused && record.payload_state == PayloadState::Erased;
        if (!erased) return std::unexpected(same.error());
        replayer_.reset();
    }
    const auto hash = image_from(record.record);
    return hash ? header_.origin->image(*hash) : historian_.image();
}

Result<std::vector<HistoryEntry>> HistoryCursor::read(store::Store& store, std::uint64_t from,
                                                      std::size_t limit) {
    std::vector<HistoryEntry> out;
    if (limit == 0) return out;
    WEFT_TRY_VOID(read_records(store, header_, head_, [&](ReadRecord& record) -> Result<bool> {
        WEFT_TRY(image, image_for(record));
        if (!image) return false;
        head_ = {record.record.seq + 1, leaf_hash(record.bytes), record.leaf};
        historian_.use(std::move(image));
        HistoryEntry entry = historian_.entry(record);
        if (entry.seq >= from) out.push_back(std::move(entry));
        return out.size() < limit;
    }));
    if (replayer_ && replayer_->so_far().divergence) {
        const auto& divergence = replayer_->so_far().divergence;
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

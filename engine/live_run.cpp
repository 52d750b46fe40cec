#include "engine/live_run.h"

#include <algorithm>

#include "base/check.h"
#include "engine/secret_desk.h"

namespace weft::engine {

Result<std::unique_ptr<LiveRun>> LiveRun::begin(store::Store& store, store::RunRow row,
                                                const store::Key& key,
                                                const std::shared_ptr<const Image>& image,
                                                const vm::Begin& begin, const std::string& body,
                                                store::Batch& batch) {
    RunHeader header;
    header.row = row;
    header.key = key;
    header.image = image;
    header.workflow = begin.workflow;
    row.status = static_cast<std::int32_t>(vm::RunStatus::Running);
    batch.runs.push_back(row);
    auto run = std::make_unique<LiveRun>(store, std::move(header), vm::Machine(image, begin),
                                         store::RunHead{}, begin.time_ms);
    RecordDraft draft;
    draft.kind = RecordKind::Begin;
    draft.fact = true;
    draft.time_ms = begin.time_ms;
    draft.body = body;
    draft.payload = encode_begin_payload(begin, image->workflows[begin.workflow].name);
    WEFT_TRY_VOID(run->writer_.append(std::move(draft), batch));
    WEFT_TRY_VOID(run->append_commands(run->machine_.start(), batch));
    run->note_status(batch);
    return run;
}

LiveRun::LiveRun(store::Store& store, RunHeader header, vm::Machine machine,
                 const store::RunHead& head, std::int64_t last_time_ms, const SnapshotPace& pace)
    : store_(store),
      header_(std::move(header)),
      machine_(std::move(machine)),
      writer_(store, header_.row.id, *header_.key, head),
      pace_(pace),
      last_time_ms_(last_time_ms),
      noted_(static_cast<vm::RunStatus>(header_.row.status)) {}

Result<void> LiveRun::apply(const vm::Fact& fact, const FactContext& context, std::int64_t now_ms,
                            store::Batch& batch) {
    return append_fact(fact, encode_fact(fact, context), context.copied, now_ms, batch);
}

Result<void> LiveRun::apply_encoded(const vm::Fact& fact, FactRecord encoded, std::int64_t now_ms,
                                    store::Batch& batch) {
    return append_fact(fact, std::move(encoded), false, now_ms, batch);
}

Result<void> LiveRun::append_fact(const vm::Fact& fact, FactRecord encoded, bool copied,
                                  std::int64_t now_ms, store::Batch& batch) {
    last_time_ms_ = std::max(last_time_ms_, now_ms);
    RecordDraft draft;
    draft.kind = encoded.kind;
    draft.fact = true;
    draft.by_operator = encoded.by_operator;
    draft.copied = copied;
    draft.time_ms = last_time_ms_;
    draft.body = std::move(encoded.body);
    draft.payload = std::move(encoded.payload);
    draft.check = machine_.check();
    WEFT_TRY_VOID(writer_.append(std::move(draft), batch));
    WEFT_TRY_VOID(append_commands(machine_.apply(fact, last_time_ms_), batch));
    note_status(batch);
    return {};
}

Result<void> LiveRun::append_commands(vm::Progress progress, store::Batch& batch) {
    for (auto& command : progress.commands) {
        RecordDraft draft;
        draft.kind = static_cast<RecordKind>(command.kind);
        draft.site = command.site;
        draft.branch = command.branch;
        draft.time_ms = last_time_ms_;
        draft.fuel = command.fuel;
        draft.body = std::move(command.body);
        if (command.has_payload) draft.payload = std::move(command.payload);
        draft.check = command.check;
        const auto seq = writer_.next_seq();
        const bool asks_for_a_run = draft.kind == RecordKind::SubStart;
        WEFT_TRY_VOID(writer_.append(std::move(draft), batch));
        if (!asks_for_a_run) continue;
        auto asked = std::ranges::find(progress.subs, seq, &vm::SubStart::call);
        WEFT_CHECK(asked != progress.subs.end());
        subs_.push_back({*asked, writer_.head().last_hash});
    }
    keyed_.insert(keyed_.end(), progress.keyed.begin(), progress.keyed.end());
    settled_.insert(settled_.end(), progress.settled.begin(), progress.settled.end());
    return {};
}

Result<void> LiveRun::append_change(RecordKind kind, const Change& change, std::int64_t now_ms,
                                    store::Batch& batch) {
    last_time_ms_ = std::max(last_time_ms_, now_ms);
    RecordDraft draft;
    draft.kind = kind;
    draft.fact = true;
    draft.by_operator = true;
    draft.time_ms = last_time_ms_;
    draft.body = change.body;
    draft.payload = change.payload;
    draft.check = machine_.check();
    WEFT_TRY_VOID(writer_.append(std::move(draft), batch));
    header_.image = change.image;
    header_.row.image = change.image_hash;
    put_row(batch);
    return {};
}

Result<void> LiveRun::adopt(const Change& change, vm::Machine machine, std::int64_t now_ms,
                            store::Batch& batch) {
    WEFT_TRY_VOID(append_change(RecordKind::Adopted, change, now_ms, batch));
    machine_ = std::move(machine);
    header_.workflow = machine_.begin().workflow;
    // What is under way goes on, under the numbers that the new image has for it.
    for (const auto& want : machine_.wants()) {
        const bool is_open =
            want.kind == vm::WantKind::Outcome || want.kind == vm::WantKind::Cancel;
        if (InFlight* open = is_open ? flight(want.call) : nullptr) {
            open->step = want.step;
            open->worker = want.worker;
        }
    }
    WEFT_TRY_VOID(append_commands(machine_.apply(vm::ResumedFact{}, last_time_ms_), batch));
    note_status(batch);
    // The one before it is of the other program.
    snapshot_now(batch);
    return {};
}

Result<void> LiveRun::migrate(const Change& change, const vm::Begin& begin, std::int64_t now_ms,
                              store::Batch& batch) {
    auto counters = machine_.counters();
    ++counters.next_seq;  // behind the record of the change
    WEFT_TRY_VOID(append_change(RecordKind::Migrated, change, now_ms, batch));
    machine_ = vm::Machine(change.image, begin);
    header_.workflow = begin.workflow;
    WEFT_TRY_VOID(append_commands(machine_.start_again(counters, last_time_ms_), batch));
    note_status(batch);
    return {};
}

void LiveRun::snapshot_if_due(store::Batch& batch) {
    if (ended() || !pace_.is_due(writer_.next_seq(), machine_.fuel())) return;
    snapshot_now(batch);
}

void LiveRun::snapshot_now(store::Batch& batch) {
    if (ended()) return;
    auto row = make_snapshot(store_, key(), id(), writer_.head(), image(), machine_, last_time_ms_);
    pace_.taken(writer_.next_seq(), machine_.fuel(), row.box.size());
    batch.changes.emplace_back(std::move(row));
}

// The row is written at begin, end, hold and stuck, and when a held run goes on; never per step.
void LiveRun::note_status(store::Batch& batch) {
    vm::RunStatus status = machine_.status();
    if (status == vm::RunStatus::Waiting) status = vm::RunStatus::Running;
    if (status == noted_) return;
    noted_ = status;
    header_.row.status = static_cast<std::int32_t>(status);
    if (vm::is_ended(status)) {
        header_.row.ended_ms = last_time_ms_;
        const auto retain_ms = header_.workflow_row().retain_ms;
        if (retain_ms > 0) header_.row.retain_until_ms = last_time_ms_ + retain_ms;
        if (knows_secrets(image().types)) batch.changes.emplace_back(store::DropSecrets{id()});
        if (pace_.has_snapshot()) batch.changes.emplace_back(store::DropSnapshot{id()});
    }
    put_row(batch);
}

// The batch keeps one row a run, the latest.
void LiveRun::put_row(store::Batch& batch) {
    std::erase_if(batch.runs, [&](const store::RunRow& row) { return row.id == header_.row.id; });
    batch.runs.push_back(header_.row);
}

bool LiveRun::is_at_rest() const {
    if (ended() || !in_flight.empty() || !machine_.open_effects().empty()) return false;
    const auto wants = machine_.wants();
    return std::ranges::all_of(wants, [](const vm::Want& want) {
        switch (want.kind) {
            case vm::WantKind::Timer:
            case vm::WantKind::Decision:
            case vm::WantKind::Signal:
            case vm::WantKind::Release:
            case vm::WantKind::Sub:
                return true;
            default:
                return false;
        }
    });
}

std::vector<store::RunId> LiveRun::awaited() const {
    std::vector<store::RunId> out;
    for (const auto& want : machine_.wants()) {
        const bool is_sub = want.kind == vm::WantKind::Sub || want.kind == vm::WantKind::CancelSub;
        if (is_sub) out.push_back(want.key);
    }
    return out;
}

void LiveRun::park(store::Batch& batch) {
    const auto timer = machine_.next_timer();
    batch.wakes.push_back({id(), timer ? timer->due_ms : INT64_MAX});
    if (noted_ == vm::RunStatus::Running) noted_ = vm::RunStatus::Waiting;
    header_.row.status = static_cast<std::int32_t>(noted_);
    put_row(batch);
}

void LiveRun::unpark(store::Batch& batch) {
    batch.wakes.push_back({id(), std::nullopt});
    if (noted_ == vm::RunStatus::Waiting) noted_ = vm::RunStatus::Running;
    header_.row.status = static_cast<std::int32_t>(noted_);
    put_row(batch);
}

}  // namespace weft::engine

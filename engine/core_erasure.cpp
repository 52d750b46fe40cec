// Erasure, retention and legal holds of the runs of a store; signed checkpoints for those outside.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core_gathered.h"
#include "store/box.h"
#include "store/key_file.h"
#include "store/note.h"
#include "store/note_file.h"

namespace weft::engine {
namespace {

constexpr std::int64_t kSweepEveryMs = 60'000;
constexpr std::uint32_t kSweepRuns = 200;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kLongAwayMs = 30 * kDayMs;
constexpr const char* kWaiting = "erase_when_ended";  // sealed list of run, by, reason
constexpr const char* kClockDoubt = "clock_doubt";    // there: retention rests
constexpr std::string_view kWaitingContext = "weft meta erase_when_ended";

struct WaitingErasure {
    store::RunId run{};
    std::string by;
    std::string reason;
};

Result<std::vector<WaitingErasure>> read_waiting(store::Store& store) {
    std::vector<WaitingErasure> out;
    WEFT_TRY(sealed, store.meta(kWaiting));
    if (!sealed || sealed->empty()) return out;
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    WEFT_TRY(plain, store::open_bytes(key, kWaitingContext, *sealed));
    Value list;
    if (!decode_canonical(plain, list) || list.tag() != Tag::List) {
        return fail(ErrorKind::Corrupt, "the list of runs that are to be erased is damaged");
    }
    for (const auto& item : list.items()) {
        const auto& fields = item.items();
        out.push_back(
            {to_array<16>(fields[0].as_text()), fields[1].as_text(), fields[2].as_text()});
    }
    return out;
}

Result<store::MetaRow> waiting_row(store::Store& store, const std::vector<WaitingErasure>& list) {
    if (list.empty()) return store::MetaRow{kWaiting, ""};
    std::vector<Value> items;
    for (const auto& one : list) {
        items.push_back(Value::record({Value::bytes(std::string(view(one.run))),
                                       Value::text(one.by), Value::text(one.reason)}));
    }
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    return store::MetaRow{kWaiting, store::seal_bytes(store.entropy(), key, kWaitingContext,
                                                      canonical(Value::list(std::move(items))))};
}

}  // namespace

// Committed at once: what the system chain has been given must not wait behind something later.
Result<void> Core::attest(const store::RunId& run) {
    Gathered batch(*this);
    WEFT_TRY_VOID(Erasure(*store_, *system_).attest(run, time_->now(), batch));
    return commit(batch);
}

Result<Erased> Core::erase(const std::vector<store::RunId>& runs, const std::string& by,
                           const std::string& reason) {
    if (failure_) return std::unexpected(*failure_);
    auto erased =
        Erasure(*store_, *system_).erase(runs, by, reason, time_->now(), std::exchange(begun_, {}));
    // What was ordered is carried out by whoever opens the store next, before another order.
    if (!erased) give_up(erased.error());
    return erased;
}

Result<void> Core::erase_when_ended(const std::vector<store::RunId>& runs, const std::string& by,
                                    const std::string& reason) {
    WEFT_TRY(list, read_waiting(*store_));
    for (const auto& run : runs) {
        const bool is_there =
            std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.run == run; });
        if (!is_there) list.push_back({run, by, reason});
    }
    Gathered batch(*this);
    WEFT_TRY(row, waiting_row(*store_, list));
    batch.changes.emplace_back(std::move(row));
    return commit(batch);
}

// Runs that were to be erased when they have ended, with those that they flowed into.
Result<void> Core::sweep_waiting() {
    WEFT_TRY(list, read_waiting(*store_));
    const std::size_t before = list.size();
    for (std::size_t i = 0; i < list.size();) {
        const auto one = list[i];
        WEFT_TRY(plan, plan_erasure(*store_, {one.run}, {}));
        const bool is_busy = std::any_of(plan.runs.begin(), plan.runs.end(),
                                         [this](const auto& run) { return live(run) != nullptr; });
        if (is_busy || !plan.live.empty() || !plan.held.empty()) {
            ++i;
            continue;
        }
        if (!plan.runs.empty()) {
            for (const auto& run : plan.runs) WEFT_TRY_VOID(attest(run));
            WEFT_TRY(done, erase(plan.runs, one.by, one.reason));
            static_cast<void>(done);
        }
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (list.size() == before) return {};
    Gathered batch(*this);
    WEFT_TRY(row, waiting_row(*store_, list));
    batch.changes.emplace_back(std::move(row));
    return commit(batch);
}

Result<void> Core::sweep_retention() {
    WEFT_TRY(doubt, store_->meta(kClockDoubt));
    if (doubt && !doubt->empty()) return {};
    store::RunFilter filter;
    filter.ended = true;
    filter.held = false;
    // A time that was named has not come before both clocks say so.
    filter.retain_before_ms = std::min(time_->now(), time_->wall());
    filter.limit = kSweepRuns;
    WEFT_TRY(rows, store_->runs(filter));
    std::vector<store::RunId> due;
    for (const auto& row : rows) {
        if (live(row.id) != nullptr) continue;
        // What it did is not forgotten before the run that may still undo it.
        if (row.parent) {
            WEFT_TRY(parent, store_->run(*row.parent));
            if (parent && !parent->ended_ms) continue;
        }
        due.push_back(row.id);
    }
    if (due.empty()) return {};
    if (rows.size() == kSweepRuns) next_sweep_ms_ = time_->monotonic() + 100;
    Gathered batch(*this);
    WEFT_TRY_VOID(commit(batch));
    const auto done = Erasure(*store_, *system_).retain(due, time_->now());
    if (done) return {};
    give_up(done.error());
    return std::unexpected(done.error());
}

Result<void> Core::sweep() {
    const std::int64_t now = time_->monotonic();
    if (options_.brief || now < next_sweep_ms_) return {};
    const std::int64_t offset = time_->wall() - now;
    if (next_sweep_ms_ != 0 && offset - sweep_offset_ms_ > kDayMs) {
        Gathered batch(*this);
        batch.changes.emplace_back(store::MetaRow{kClockDoubt, "jump"});
        WEFT_TRY_VOID(commit(batch));
    }
    sweep_offset_ms_ = offset;
    next_sweep_ms_ = now + kSweepEveryMs;
    WEFT_TRY_VOID(sweep_waiting());
    WEFT_TRY_VOID(sweep_retention());
    return keep_witness();
}

// A clock that is far ahead of the last record may be right or wrong; what can't be taken back
// waits for somebody who knows.
Result<void> Core::doubt_clock(std::int64_t last_record_ms) {
    if (last_record_ms == 0 || time_->wall() - last_record_ms <= kLongAwayMs) return {};
    store::RunFilter filter;
    filter.ended = true;
    filter.retain_before_ms = time_->wall();
    filter.limit = 1;
    WEFT_TRY(due, store_->runs(filter));
    if (due.empty()) return {};
    store::Batch batch;
    batch.changes.emplace_back(store::MetaRow{kClockDoubt, "away"});
    return commit(batch);
}

// It was far ahead once: until somebody accepts it, retention rests, and what waits for a named
// time if it is ahead still.
Result<bool> Core::is_clock_doubted() {
    WEFT_TRY(doubt, store_->meta(kClockDoubt));
    return (doubt && !doubt->empty()) || time_->leap_ms().has_value();
}

Result<void> Core::accept_clock(const std::string& by, const std::string& reason) {
    WEFT_TRY(is_doubted, is_clock_doubted());
    if (!is_doubted) {
        return fail(ErrorKind::Refused, "the clock has not leapt ahead");
    }
    Gathered batch(*this);
    time_->accept();
    WEFT_TRY_VOID(system_->accepted(AcceptedWhat::Clock, by, reason, time_->now(), batch));
    batch.changes.emplace_back(store::MetaRow{kClockDoubt, ""});
    WEFT_TRY_VOID(commit(batch));
    next_sweep_ms_ = 0;
    for (const auto& [id, run] : runs_) refresh(*run);
    return {};
}

Result<void> Core::change_hold(const store::RunId& id, HoldChange change, const std::string& by,
                               const std::string& reason) {
    WEFT_TRY(row, store_->run(id));
    if (!row) return fail(ErrorKind::NotFound, "there is no such run");
    const bool held = change == HoldChange::Placed;
    if ((row->hold != 0) == held) {
        return fail(ErrorKind::Refused, held ? "the run stands under a legal hold already"
                                             : "the run stands under no legal hold");
    }
    Gathered batch(*this);
    WEFT_TRY_VOID(system_->legal_hold(id, change, by, reason, time_->now(), batch));
    row->hold = held ? 1 : 0;
    batch.runs.push_back(*row);
    WEFT_TRY_VOID(commit(batch));
    if (LiveRun* run = live(id)) run->set_legal_hold(held);
    return {};
}

Result<store::Checkpoint> Core::sign_now() {
    WEFT_TRY(checkpoint, store_->sign_checkpoint());
    return checkpoint;
}

Result<void> Core::log_export(std::size_t runs, std::uint64_t tree_size, const std::string& by) {
    Gathered batch(*this);
    WEFT_TRY_VOID(system_->exported(runs, tree_size, by, time_->now(), batch));
    return commit(batch);
}

// One file with the signed checkpoints, one after another, on another disk or machine. That it
// can't be written is no reason to stop.
Result<void> Core::keep_witness() {
    if (config_.witness.empty()) return {};
    WEFT_TRY(last, store_->last_checkpoint());
    if (!last || last->note == witnessed_) return {};
    if (store::append_note(config_.witness, last->note)) witnessed_ = last->note;
    return {};
}

}  // namespace weft::engine

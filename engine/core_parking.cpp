// Runs that wait cost no memory. One that has been at rest for a while is parked: its row says that
// it waits, a wake row until when, and it leaves the memory. It is loaded again when its time has
// come, when somebody asks for it, or when a run that it belongs to is. What is at rest and what
// brings it back is here; everybody else goes by `live` and `take_up`.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/core_gathered.h"
#include "engine/replay.h"

namespace weft::engine {
namespace {

constexpr std::size_t kResidentRuns = 1000;         // above it runs at rest leave at once
constexpr std::int64_t kParkWhenManyAfterMs = 100;  // … or nearly
constexpr std::size_t kParkAtOnce = 1000;
constexpr std::uint32_t kWakeAtOnce = 1000;
constexpr std::uint32_t kAllRuns = 1'000'000'000;

}  // namespace

// Its records are in the batch, and nothing was launched; null when it has ended.
Result<LiveRun*> Core::load(const store::RunId& id, store::Batch& batch) {
    WEFT_TRY(header, read_run_header(*store_, id, &images_));
    WEFT_TRY(resumed, resume(*store_, header));
    auto& replayed = resumed.replayed;
    if (replayed.divergence) {
        return fail(ErrorKind::Corrupt,
                    fmt::format("run {} diverges from its program at record {}: {}",
                                to_hex(view(id)).substr(0, 8), replayed.divergence->seq,
                                replayed.divergence->what),
                    "`weft replay` shows both sides; the run is left as it is");
    }
    if (!replayed.machine) {
        return fail(ErrorKind::Corrupt,
                    fmt::format("run {} has no records", to_hex(view(id)).substr(0, 8)));
    }
    if (vm::is_ended(replayed.machine->status())) return nullptr;
    time_->at_least(replayed.last_time_ms);
    WEFT_TRY(files, files_of_run(*store_, id));
    WEFT_TRY(letters, read_inbox(header));
    auto run = std::make_unique<LiveRun>(*store_, std::move(header), std::move(*replayed.machine),
                                         replayed.head, replayed.last_time_ms, resumed.pace);
    run->files = std::move(files);
    auto& placed = *runs_.emplace(id, std::move(run)).first->second;
    placed.arrival = ++arrivals_;
    if (const auto lock = placed.machine().lock()) locks_->know(id, *lock);
    if (placed.row().status != static_cast<std::int32_t>(vm::RunStatus::Running)) {
        placed.unpark(batch);
        parking_.next_wake_ms = 0;
    }
    if (resumed.is_damaged) batch.changes.emplace_back(store::DropSnapshot{id});
    const auto known = parking_.parked.extract(id);
    if (known && known.mapped().by_us) {
        // It has had one owner all the time, and nothing was under way.
        placed.told = known.mapped().told;
    } else {
        WEFT_TRY_VOID(adopt(placed, batch));
        WEFT_TRY_VOID(hold_if_rebound(placed, batch));
    }
    WEFT_TRY_VOID(take_inbox(placed, std::move(letters), batch));
    touched_.insert(id);
    return &placed;
}

Result<void> Core::look_for_wake() {
    if (parking_.next_wake_ms > 0 || options_.brief) return {};
    parking_.next_wake_ms = INT64_MAX;
    if (parking_.drives_all) {
        WEFT_TRY(next, store_->next_wake());
        if (next) parking_.next_wake_ms = std::max<std::int64_t>(1, next->due_ms);
        return {};
    }
    for (const auto& [id, note] : parking_.parked) {
        if (note.by_us) parking_.next_wake_ms = std::min(parking_.next_wake_ms, note.due_ms);
    }
    return {};
}

Result<std::vector<store::RunId>> Core::due_runs() {
    std::vector<store::RunId> out;
    const auto now = time_->now();
    if (parking_.drives_all) {
        WEFT_TRY(rows, store_->due(now, kWakeAtOnce));
        for (const auto& row : rows) out.push_back(row.run);
        return out;
    }
    for (const auto& [id, note] : parking_.parked) {
        if (note.by_us && note.due_ms <= now) out.push_back(id);
    }
    return out;
}

bool Core::drives(const store::RunId& run) const {
    return runs_.contains(run) || parking_.drives_all || parking_.has_parked(run);
}

// Parked runs whose time has come, all in one commit.
Result<void> Core::wake_due() {
    WEFT_TRY_VOID(look_for_wake());
    if (options_.brief || parking_.next_wake_ms > time_->now()) return {};
    WEFT_TRY(ids, due_runs());
    Gathered batch(*this);
    std::vector<LiveRun*> woken;
    for (const auto& id : ids) {
        if (live(id) != nullptr) continue;
        auto loaded = load(id, batch);
        if (loaded && *loaded != nullptr) {
            woken.push_back(*loaded);
            continue;
        }
        // Left alone, and told by whoever opens the store next.
        parking_.parked.erase(id);
        batch.wakes.push_back({id, std::nullopt});
        WEFT_TRY(left, store_->run(id));
        if (!left || left->ended_ms) continue;
        left->status = static_cast<std::int32_t>(vm::RunStatus::Running);
        batch.runs.push_back(*left);
    }
    parking_.next_wake_ms = 0;
    std::vector<store::RunId> families;
    for (const auto* run : woken) {
        if (run->row().parent || !run->awaited().empty()) families.push_back(run->id());
        refresh(*runs_.at(run->id()));
    }
    WEFT_TRY_VOID(commit(batch));
    for (const auto& id : families) {
        const LiveRun* run = live(id);
        if (run != nullptr && run->row().parent) static_cast<void>(take_up(*run->row().parent));
        WEFT_TRY_VOID(take_up_subs(id));
    }
    return look_for_wake();
}

Result<Core::TakenUp> Core::take_up_active() {
    using enum vm::RunStatus;
    store::RunFilter filter;
    for (const auto status : {Running, Held, Stuck}) {
        filter.statuses.push_back(static_cast<std::int32_t>(status));
    }
    filter.parked = false;
    filter.limit = kAllRuns;
    WEFT_TRY(rows, store_->runs(filter));
    std::vector<store::RunId> ids;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) ids.push_back(row->id);
    std::uint64_t after = 0;
    while (true) {
        WEFT_TRY(inbox, store_->inbox(after, 1000));
        for (const auto& row : inbox) {
            after = row.id;
            if (row.run != store::RunId{}) ids.push_back(row.run);
        }
        if (inbox.size() < 1000) break;
    }
    TakenUp out;
    std::set<store::RunId> seen;
    for (const auto& id : ids) {
        if (!seen.insert(id).second) continue;
        auto up = take_up(id);
        if (up) {
            out.runs.push_back(id);
        } else {
            out.failed.emplace_back(id, up.error());
        }
    }
    WEFT_TRY(parked, store_->parked_runs());
    out.parked = parked;
    parking_.drives_all = true;
    parking_.next_wake_ms = 0;
    return out;
}

void Core::note_rest(LiveRun& run) {
    if (run.machine().status() == vm::RunStatus::Running) return;
    run.rested_ms = time_->monotonic();
    parking_.resting.emplace_back(run.rested_ms, run.id());
}

// In the batch; they leave the memory when it is durable.
void Core::park_resting(store::Batch& batch, bool at_once) {
    if (store_->space() != store::Space::Plenty) return;  // it can wait
    if (at_once) {
        for (auto& [id, run] : runs_) park_family(*run, batch);
        return;
    }
    const auto now = time_->monotonic();
    const auto after = runs_.size() > kResidentRuns
                           ? std::min(kParkWhenManyAfterMs, options_.park_after_ms)
                           : options_.park_after_ms;
    while (!parking_.resting.empty() && now - parking_.resting.front().first >= after &&
           parking_.leaving.size() < kParkAtOnce) {
        const auto [since, id] = parking_.resting.front();
        parking_.resting.pop_front();
        LiveRun* run = live(id);
        // Something happened to it since.
        if (run == nullptr || run->rested_ms != since || touched_.contains(id)) continue;
        park_family(*run, batch);
    }
}

// A run with those that wait for it and those that it waits for: the end of one is told to another,
// so they are in memory together or not at all.
bool Core::park_family(LiveRun& run, store::Batch& batch) {
    std::vector<LiveRun*> family{&run};
    std::set<store::RunId> seen{run.id()};
    const auto add = [&](const store::RunId& id) {
        LiveRun* other = live(id);
        if (other != nullptr && seen.insert(id).second) family.push_back(other);
    };
    const auto now = time_->now();
    for (std::size_t i = 0; i < family.size(); ++i) {
        const LiveRun& one = *family[i];
        const auto timer = one.machine().next_timer();
        const bool is_due = timer && timer->due_ms <= now;  // but for a clock that is not believed
        const bool is_busy = touched_.contains(one.id()) || starved_.contains(one.id()) ||
                             parking_.leaving.contains(one.id());
        if (is_due || is_busy || !one.is_at_rest()) return false;
        for (const auto& id : one.awaited()) add(id);
        if (one.row().parent) {
            const LiveRun* parent = live(*one.row().parent);
            if (parent == nullptr || parent->ended()) continue;
            const auto awaited = parent->awaited();
            if (std::ranges::find(awaited, one.id()) != awaited.end()) add(parent->id());
        }
    }
    for (auto* one : family) {
        one->park(batch);
        parking_.leaving.insert(one->id());
    }
    return true;
}

// The batch is durable.
void Core::parked() {
    for (const auto& id : std::exchange(parking_.leaving, {})) {
        const LiveRun& run = *runs_.at(id);
        const auto wants = run.machine().wants();
        Parking::Note note;
        note.by_us = true;
        if (const auto timer = run.machine().next_timer()) note.due_ms = timer->due_ms;
        note.asks = std::ranges::any_of(
            wants, [](const auto& want) { return want.kind == vm::WantKind::Decision; });
        note.told = run.told;
        parking_.parked[id] = note;
        parking_.next_wake_ms = std::min(parking_.next_wake_ms, note.due_ms);
        drop_live(id);
    }
}

void Core::drop_live(const store::RunId& id) {
    if (const auto due = due_.find(id); due != due_.end()) {
        timers_.erase({due->second, id});
        due_.erase(due);
    }
    runs_.erase(id);
}

}  // namespace weft::engine

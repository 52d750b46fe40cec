// Schedules of served programs: each time that comes begins a run, is left out, or waits, as its
// declaration says. The run, the record of the system chain and the row that says how far the
// schedule is dealt with are one commit, so a kill neither loses nor doubles a time.
#include <fmt/format.h>

#include <algorithm>

#include "base/zone.h"
#include "engine/calendar.h"
#include "engine/core_gathered.h"
#include "engine/status.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

// A start that the disk has no room for is tried again so often.
constexpr std::int64_t kRetryMs = 1'000;
// Times dealt with in one turn; the rest is for the next ones.
constexpr int kTimesATurn = 100;

std::string state_name(const store::Tag& tag) {
    return "schedule/" + to_hex(view(tag));
}

std::string_view what_text(ScheduledWhat what) {
    switch (what) {
        case ScheduledWhat::Started:
            return "started";
        case ScheduledWhat::Skipped:
            return "skipped";
        case ScheduledWhat::Missed:
            return "missed";
        case ScheduledWhat::Queued:
            return "queued";
        case ScheduledWhat::Refused:
            return "refused";
    }
    return "";
}

}  // namespace

Result<RunnableProgram> Core::served(const std::string& name, const std::string& workflow) const {
    const auto has_it = [&](const auto& entry) {
        return (name.empty() || entry.first == name) &&
               std::ranges::find(entry.second.image->workflows, workflow, &WorkflowRow::name) !=
                   entry.second.image->workflows.end();
    };
    const auto found = std::ranges::find_if(programs_, has_it);
    if (found == programs_.end()) {
        return fail(
            ErrorKind::NotFound,
            name.empty()
                ? fmt::format("no program that is served has a workflow `{}`", workflow)
                : fmt::format("no program `{}` with a workflow `{}` is served", name, workflow),
            "`weft serve FILE.wf` serves a program under the name of its file");
    }
    if (std::find_if(std::next(found), programs_.end(), has_it) != programs_.end()) {
        return fail(ErrorKind::Usage,
                    fmt::format("several programs that are served have a workflow `{}`", workflow),
                    "`program` names one of them");
    }
    return found->second;
}

Result<void> Core::serve(const std::string& name, const RunnableProgram& program) {
    if (programs_.contains(name)) {
        return fail(ErrorKind::Usage, fmt::format("two programs are named {}", name),
                    "programs that are served together need files of different names");
    }
    // While the wall clock is not believed, the engine's own time is what there is.
    const std::int64_t ahead = ahead_ms();
    const std::int64_t now = time_->now() - (ahead < INT64_MAX ? ahead : 0);
    std::vector<Served> added;
    for (std::uint32_t row = 0; row < program.image->schedules.size(); ++row) {
        const ScheduleRow& schedule = program.image->schedules[row];
        Served served;
        served.name = name + "." + schedule.name;
        if (!Zone::find(schedule.zone)) {
            return fail(ErrorKind::NotFound,
                        fmt::format("schedule {}: this machine knows no time zone `{}`",
                                    served.name, schedule.zone),
                        "zones have names like \"Europe/Zurich\"; they are in /usr/share/zoneinfo, "
                        "of Debian's package tzdata");
        }
        served.program = program;
        served.row = row;
        served.input = schedule_input(*program.image, schedule);
        WEFT_TRY(known, store_->meta(state_name(store_->keys().tag("schedule", served.name))));
        if (known) {
            WEFT_TRY(state, decode_schedule_state(*known));
            served.state = std::move(state);
        }
        // One that is new, or has other times than before, begins with the next of them.
        const Bytes16 times = schedule_times(schedule);
        if (!known || served.state.times != times) {
            served.state.times = times;
            served.state.dealt_ms = now;
            served.state.queued.clear();
        }
        served.next_ms = next_moment(schedule, served.state.dealt_ms);
        added.push_back(std::move(served));
    }
    programs_.emplace(name, program);
    Gathered batch(*this);
    for (auto& served : added) {
        put_schedule(served, batch);
        served_.push_back(std::move(served));
    }
    look_at_queues_ = true;
    return commit(batch);
}

std::vector<ServedSchedule> Core::schedules() const {
    std::vector<ServedSchedule> out;
    for (const auto& served : served_) {
        out.push_back(
            {served.name, served.program.image, served.row, served.next_ms, served.state});
    }
    return out;
}

void Core::put_schedule(const Served& served, store::Batch& batch) {
    const auto tag = store_->keys().tag("schedule", served.name);
    batch.changes.emplace_back(
        store::MetaRow{state_name(tag), encode_schedule_state(served.state)});
}

// By the wall clock, as all times that were named.
std::int64_t Core::schedules_due_ms() const {
    std::int64_t due = INT64_MAX;
    for (const auto& served : served_) {
        due = std::min(due, std::max(served.next_ms, served.not_before_ms));
    }
    return due;
}

Result<void> Core::fire_schedules(store::Batch& batch) {
    const bool queues = std::exchange(look_at_queues_, false);
    const std::int64_t now = time_->now() - ahead_ms();
    for (auto& served : served_) {
        const bool due = served.next_ms <= now || (queues && !served.state.queued.empty());
        if (due && served.not_before_ms <= now) WEFT_TRY_VOID(fire(served, now, batch));
    }
    return {};
}

Result<void> Core::fire(Served& served, std::int64_t now_ms, store::Batch& batch) {
    const ScheduleRow& row = served.schedule();
    ScheduleState& state = served.state;
    const auto log = [&](ScheduledWhat what, std::int64_t due_ms, std::uint64_t count) {
        ScheduledBody body;
        body.due_ms = due_ms;
        body.what = what;
        body.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
        return log_scheduled(served, body, "", batch);
    };
    const std::int64_t limit = now_ms - std::max(row.catch_up_ms, kScheduleGraceMs);
    if (const auto missed = times_between(row, state.dealt_ms, limit); missed.count > 0) {
        state.dealt_ms = missed.last_ms;
        WEFT_TRY_VOID(log(ScheduledWhat::Missed, missed.last_ms, missed.count));
    }
    for (int left = kTimesATurn; left > 0; --left) {
        const std::int64_t next = next_moment(row, state.dealt_ms);
        const bool waiting = !state.queued.empty();
        if (!waiting && next > now_ms) break;
        WEFT_TRY(blocked,
                 row.overlap == Overlap::Allow ? Result<bool>(false) : goes_on(state.last_run));
        if (!blocked) {
            const std::int64_t due = waiting ? state.queued.front() : next;
            WEFT_TRY(fired, begin_scheduled(served, due, batch));
            if (fired == Fired::Later) {
                served.not_before_ms = now_ms + kRetryMs;
                break;
            }
            if (waiting) state.queued.erase(state.queued.begin());
            if (!waiting) state.dealt_ms = next;
            continue;
        }
        if (next > now_ms) break;
        state.dealt_ms = next;
        const bool queue = row.overlap == Overlap::Queue && state.queued.size() < kScheduleQueueMax;
        if (queue) state.queued.push_back(next);
        WEFT_TRY_VOID(log(queue ? ScheduledWhat::Queued : ScheduledWhat::Skipped, next, 1));
    }
    served.next_ms = next_moment(row, state.dealt_ms);
    put_schedule(served, batch);
    return {};
}

// Begins the run of one time. Its request is named by the schedule and the time.
Result<Core::Fired> Core::begin_scheduled(Served& served, std::int64_t due_ms,
                                          store::Batch& batch) {
    StartRequest request;
    request.program = served.program;
    request.workflow = served.program.image->workflows[served.schedule().workflow].name;
    request.input = served.input;
    request.actor = "schedule " + served.name;
    request.tag = store_->keys().tag("scheduled", fmt::format("{} {}", due_ms, served.name));
    auto started = begin_run(std::move(request), batch);
    ScheduledBody body;
    body.due_ms = due_ms;
    if (!started && started.error().kind == ErrorKind::Environment) {
        if (store_->poisoned()) return std::unexpected(started.error());
        return Fired::Later;
    }
    if (!started) {
        body.what = ScheduledWhat::Refused;
        WEFT_TRY_VOID(log_scheduled(served, body, started.error().message, batch));
        return Fired::Dealt;
    }
    served.state.last_run = started->run;
    served.state.last_ms = due_ms;
    body.run = started->run;
    WEFT_TRY_VOID(log_scheduled(served, body, "", batch));
    return Fired::Dealt;
}

Result<void> Core::log_scheduled(const Served& served, const ScheduledBody& body,
                                 const std::string& reason, store::Batch& batch) {
    ScheduledBody named = body;
    named.schedule = store_->keys().tag("schedule", served.name);
    const std::int64_t now = time_->now();
    FeedItem item;
    item.time_ms = now;
    item.run = body.run;
    item.schedule = served.name;
    item.what = what_text(body.what);
    if (!reason.empty()) item.what += ": " + reason;
    if (body.count > 1) item.what += fmt::format(" {} times", body.count);
    item.due_ms = body.due_ms;
    feed_.add(std::move(item));
    return system_->scheduled(named, served.name, reason, now, batch);
}

Result<bool> Core::goes_on(const store::RunId& run) {
    if (run == store::RunId{}) return false;
    if (LiveRun* known = live(run)) return !known->ended();
    WEFT_TRY(row, store_->run(run));
    return row && !vm::is_ended(static_cast<vm::RunStatus>(row->status));
}

void Core::tell_change(LiveRun& run) {
    const vm::RunStatus status = run.machine().status();
    if (run.told == status) return;
    run.told = status;
    FeedItem item;
    item.time_ms = run.last_time_ms();
    item.run = run.id();
    item.workflow = run.workflow().name;
    item.status = status_name(status);
    feed_.add(std::move(item));
}

}  // namespace weft::engine

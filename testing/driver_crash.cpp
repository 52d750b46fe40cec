// Crashes: the machine is dropped and made again from its facts, as the next owner of a store
// would. It must make the same commands; attempts that were under way are in doubt then.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bytecode/record.h"
#include "testing/driver.h"
#include "vm/worker_border.h"

namespace weft::test {
namespace {

bool same(const vm::Command& a, const vm::Command& b) {
    return a.kind == b.kind && a.site == b.site && a.branch == b.branch && a.fuel == b.fuel &&
           a.body == b.body && a.has_payload == b.has_payload && a.payload == b.payload &&
           a.check == b.check;
}

}  // namespace

bool Driver::is_scripted_crash(const DrivenRun& run, const vm::Fact& fact) {
    std::uint64_t call = 0;
    bool is_before = false;
    if (const auto* outcome = std::get_if<vm::OutcomeFact>(&fact)) {
        if (outcome->status != vm::OutcomeStatus::Ok) return false;
        call = outcome->call;
    } else if (const auto* start = std::get_if<vm::StartFact>(&fact)) {
        call = start->call;
        is_before = true;
    } else {
        return false;
    }
    const auto found = trace_.calls.find({run.number, call});
    if (found == trace_.calls.end() || found->second.is_probe) return false;
    for (auto& crash : script_.crashes) {
        const bool fits =
            !crash.is_done && crash.before == is_before && crash.path == found->second.path;
        if (!fits) continue;
        crash.is_done = true;
        return true;
    }
    return false;
}

// `crash after` an each: once its branches are joined.
void Driver::crash_after_join(const vm::Command& command) {
    if (static_cast<RecordKind>(command.kind) != RecordKind::Join) return;
    const auto& path = image().forks[image().sites[command.site].row].path;
    for (auto& crash : script_.crashes) {
        if (crash.is_done || crash.before || crash.path != path) continue;
        crash.is_done = crash_is_due_ = true;
    }
}

void Driver::crash_if_due(const DrivenRun& run, const vm::Fact& fact) {
    const auto& at = options_.crash_at;
    const bool is_planned = std::ranges::find(at, fed_) != at.end();
    const bool is_joined = std::exchange(crash_is_due_, false);
    const bool is_due = is_scripted_crash(run, fact) || is_joined || is_planned;
    if (is_due && !root().has_ended()) crash();
}

void Driver::crash() {
    for (auto& run : runs_) {
        if (!restore(*run)) return;
    }
    // What had been sent is not heard of any more.
    std::erase_if(agenda_, [](const auto& entry) {
        return std::holds_alternative<vm::OutcomeFact>(entry.second.fact);
    });
    // What is taken up may start runs of its own.
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (!runs_[i]->has_ended()) take_up(*runs_[i]);
    }
}

bool Driver::restore(DrivenRun& run) {
    auto again = std::make_unique<vm::Machine>(options_.image, run.begin);
    std::size_t next = 0;
    bool is_same = true;
    const auto compare = [&](const vm::Progress& progress) {
        for (const auto& command : progress.commands) {
            is_same = is_same && next < run.commands.size() && same(command, run.commands[next]);
            if (is_same) ++next;
        }
    };
    compare(again->start());
    for (const auto& [fact, time_ms] : run.facts) compare(again->apply(fact, time_ms));
    if (!is_same || next != run.commands.size()) {
        broken(fmt::format("after a crash the run diverges at its command {}", next + 1));
        return false;
    }
    run.machine = std::move(again);
    run.machine->watch(options_.visits);
    run.told_to_stop.clear();
    return true;
}

// As the next owner does: starts without an outcome are in doubt.
void Driver::take_up(DrivenRun& run) {
    feed(run, vm::ResumedFact{});
    for (const auto& want : run.machine->wants()) {
        if (want.kind != vm::WantKind::Outcome && want.kind != vm::WantKind::Cancel) continue;
        const auto lost = vm::unheard(want, "the engine ended while this attempt was under way");
        if (!run.machine->accepts(lost)) continue;
        if (const auto said = run.said.find(want.call); said != run.said.end()) {
            run.lost.insert(*said);
        }
        feed(run, lost);
    }
}

}  // namespace weft::test

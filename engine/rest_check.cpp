#include "engine/rest_check.h"

namespace weft::engine {
namespace {

store::Finding rest_finding(const char* table, const store::RunId& run, std::string what) {
    store::Finding out;
    out.table = table;
    out.row = to_hex(view(run));
    out.run = run;
    out.what = std::move(what);
    return out;
}

bool needs_person(vm::RunStatus status) {
    return status == vm::RunStatus::Held || status == vm::RunStatus::Stuck;
}

}  // namespace

void RestCheck::finish_run(const Replayed& replayed) {
    if (!replayed.machine) return;
    const auto& run = replayed.machine->begin().run;
    checked_.note(run, replayed.head.next_seq);
    Rest rest{replayed.machine->status()};
    if (const auto timer = replayed.machine->next_timer()) rest.due_ms = timer->due_ms;
    rests_[run] = rest;
}

Result<std::vector<store::Finding>> RestCheck::finish() {
    std::vector<store::Finding> findings;
    std::map<store::RunId, std::int64_t> wakes;
    WEFT_TRY(rows, store_.all_wakes());
    for (const auto& row : rows) wakes[row.run] = row.due_ms;
    store::RunFilter filter;
    filter.limit = 1'000'000'000;
    WEFT_TRY(runs, store_.runs(filter));
    for (const auto& row : runs) {
        const auto wake = wakes.find(row.id);
        WEFT_TRY_VOID(compare(row, wake == wakes.end() ? std::nullopt : std::optional(wake->second),
                              findings));
    }
    return findings;
}

Result<void> RestCheck::compare(const store::RunRow& row, std::optional<std::int64_t> wake,
                                std::vector<store::Finding>& findings) {
    const auto status = static_cast<vm::RunStatus>(row.status);
    if (vm::is_ended(status)) {
        if (wake) findings.push_back(rest_finding("wake", row.id, "the run has ended"));
        return {};
    }
    // A run that waits in the store alone has its row, and nobody else is said to wait.
    if ((status == vm::RunStatus::Waiting) != wake.has_value() && !needs_person(status)) {
        findings.push_back(rest_finding(
            "wake", row.id, wake ? "the run does not wait there" : "the run's row is missing"));
        return {};
    }
    WEFT_TRY(settled, checked_.is_settled(row.id));
    if (!settled) return {};
    const auto& rest = rests_[row.id];
    const bool fits = needs_person(rest.status) ? status == rest.status : !needs_person(status);
    if (!fits) {
        findings.push_back(
            rest_finding("run", row.id, "its row says that it stands otherwise than its log"));
    }
    if (wake && *wake != rest.due_ms) {
        findings.push_back(rest_finding("wake", row.id, "the run goes on at another time"));
    }
    return {};
}

}  // namespace weft::engine

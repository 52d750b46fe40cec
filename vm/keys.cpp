// Calls with a `key` or a `cache`: an effect that was had before takes the place of an attempt. It
// is the effect of whoever had it, so this run neither undoes it nor counts it as its point of no
// return.
#include "vm/state.h"

namespace weft::vm {

void Machine::State::note_keyed(const Call& call, KeyedCall::What what) {
    if (call.direction == Direction::Probe || (!call.author_key && !call.cache_key)) return;
    // Undone although in doubt: whether it was done stays open until the undo says so.
    if (what == KeyedCall::What::NotDone && (call.is_in_doubt || !call.started_ms)) return;
    KeyedCall out{{}, call.seq, what, call.step, {}};
    if (what == KeyedCall::What::Done) out.cache_key = call.cache_key;
    progress.keyed.push_back(std::move(out));
}

void Machine::State::note_undone(const UndoEntry& entry) {
    for (const auto& covered : entry.covers) {
        progress.keyed.push_back({covered.run, covered.call, KeyedCall::What::Undone, 0, {}});
    }
    if (entry.call == 0) return;
    progress.keyed.push_back({{}, entry.call, KeyedCall::What::Undone, 0, {}});
}

bool Machine::State::fits(const HitFact& fact) const {
    const auto found = calls.find(fact.call);
    if (found == calls.end()) return false;
    const auto& call = found->second;
    return call.phase == Phase::Attempt && !call.started_ms && !is_held &&
           (call.author_key || call.cache_key);
}

void Machine::State::on(const HitFact& fact) {
    auto& call = calls.at(fact.call);
    if (!fact.refused.empty()) {
        call.attempt = 0;
        call.error = "Trap";
        call.message = fact.refused;
        give_up(call, call_error(call));
        return;
    }
    auto& branch = branches.at(call.branch);
    branch.last_call = call.seq;
    branch.last_order = ++completions;
    branch.last_site = call.site;
    branch.last_is_hit = true;
    const CallName had = call.name();
    drop_call(had.seq);
    deliver(branch, had, fact.value);
}

}  // namespace weft::vm

// Calls that are answered by an effect that was had before, in the place of an attempt. Found by a
// `key` or in a `cache` it is the effect of whoever had it, so this run neither undoes it nor
// counts it as its point of no return. Taken over by a migration it is the run's own, as if done
// now.
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
    const bool is_own = fact.source == static_cast<std::uint8_t>(HitSource::Migration);
    return call.phase == Phase::Attempt && !call.started_ms && !is_held &&
           (is_own || call.author_key || call.cache_key);
}

void Machine::State::on(const HitFact& fact) {
    auto& call = calls.at(fact.call);
    if (fact.source == static_cast<std::uint8_t>(HitSource::Migration)) {
        if (fact.refused.empty()) {
            succeed(call, fact.value);
        } else {
            call.error = fact.refused;
            give_up(call, fact.value);
        }
        return;
    }
    if (!fact.refused.empty()) {
        call.attempt = 0;
        call.error = "Trap";
        call.message = fact.refused;
        call.detail = {};
        give_up(call, call_error(call));
        return;
    }
    auto& branch = branches.at(call.branch);
    ++completions;
    if (!branch.frame().hook) {  // what a hook does is nothing that a step undoes
        branch.last_call = call.seq;
        branch.last_order = completions;
        branch.last_site = call.site;
        branch.last_is_hit = true;
        branch.cut.clear();
    }
    const CallName had = call.name();
    drop_call(had.seq);
    deliver(branch, had, fact.value);
}

}  // namespace weft::vm

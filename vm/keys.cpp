// Calls that are answered by an effect that was had before, in the place of an attempt. Found by a
// `key` or in a `cache` it is the effect of whoever had it, so this run neither undoes it nor
// counts it as its point of no return; the same goes for what a fork takes over from the run that
// it was forked from. Taken over by a migration it is the run's own, as if done now.
#include "vm/state.h"

namespace weft::vm {
namespace {

bool is_from(const HitFact& fact, HitSource source) {
    return fact.source == static_cast<std::uint8_t>(source);
}

}  // namespace

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
    const bool is_told = is_from(fact, HitSource::Migration) || is_from(fact, HitSource::Fork);
    return call.phase == Phase::Attempt && !call.started_ms && !is_held &&
           (is_told || call.author_key || call.cache_key);
}

void Machine::State::on(const HitFact& fact) {
    auto& call = calls.at(fact.call);
    const bool is_own = is_from(fact, HitSource::Migration);
    if ((is_own || is_from(fact, HitSource::Fork)) && !fact.refused.empty()) {
        call.error = fact.refused;
        give_up(call, fact.value);
        return;
    }
    if (is_own) return succeed(call, fact.value);
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

// Notes that workers keep beside the store about their effects. They go when nothing about the
// effect is open any more and the record that says so is durable; what a kill leaves in between
// goes when a store is opened, by the same rule.
#include <algorithm>

#include "engine/core.h"

namespace weft::engine {
namespace {

const WorkerNotes* notes_of(const std::vector<std::pair<std::string, WorkerNotes>>& all,
                            std::string_view worker) {
    for (const auto& [prefix, notes] : all) {
        if (worker.starts_with(prefix)) return &notes;
    }
    return nullptr;
}

std::string state_folder(const store::Store& store) {
    return store.path() + ".state";
}

}  // namespace

void Core::keep_notes(std::string prefix, WorkerNotes notes) {
    notes_.emplace_back(std::move(prefix), std::move(notes));
}

// The key that the worker was sent, in hex; none for a use of an author's key that the ledger does
// not know any more.
Result<std::optional<std::string>> Core::sent_key(const LiveRun& run, std::uint64_t call,
                                                  const Bytes16& key, bool is_author_key) {
    if (!is_author_key) return std::optional(to_hex(view(key)));
    WEFT_TRY(use, ledger_->find_call(run.id(), call));
    if (!use) return std::optional<std::string>();
    return std::optional(to_hex(view(worker_key(use->row))));
}

Result<void> Core::note_settled(LiveRun& run, const std::vector<vm::SettledCall>& calls) {
    for (const auto& call : calls) {
        const auto* notes = notes_of(notes_, run.image().workers[call.worker].name);
        if (notes == nullptr) continue;
        WEFT_TRY(key, sent_key(run, call.call, call.key, call.is_author_key));
        if (key) settled_.emplace_back(notes, std::move(*key));
    }
    return {};
}

void Core::forget_settled() {
    for (const auto& [notes, key] : std::exchange(settled_, {})) {
        notes->forget(state_folder(*store_), key);
    }
}

Result<void> Core::sweep_notes() {
    // What is parked has nothing under way.
    store::RunFilter filter;
    filter.ended = false;
    filter.parked = false;
    filter.limit = 1'000'000;
    WEFT_TRY(rows, store_->runs(filter));
    std::vector<std::string> open;
    for (const auto& row : rows) {
        const LiveRun* run = live(row.id);
        // Nobody knows what one that could not be taken up has under way.
        if (run == nullptr) return {};
        for (const auto& effect : run->machine().open_effects()) {
            WEFT_TRY(key, sent_key(*run, effect.call, effect.key, effect.is_author_key));
            if (!key) return {};
            open.push_back(std::move(*key));
        }
    }
    std::ranges::sort(open);
    for (const auto& [prefix, notes] : notes_) notes.sweep(state_folder(*store_), open);
    return {};
}

}  // namespace weft::engine

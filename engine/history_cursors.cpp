#include "engine/history_cursors.h"

#include <algorithm>

namespace weft::engine {

Result<std::unique_ptr<HistoryCursor>> HistoryCursors::take(store::Store& store,
                                                            const store::RunId& run,
                                                            std::uint64_t from) {
    // Of two followers of one run the one that is nearest.
    auto best = kept_.end();
    for (auto it = kept_.begin(); it != kept_.end(); ++it) {
        if ((*it)->header().row.id != run || (*it)->next() > from) continue;
        if (best == kept_.end() || (*it)->next() > (*best)->next()) best = it;
    }
    // What was erased must not be read on out of memory.
    if (best != kept_.end() && !store.run_key(run)) {
        kept_.erase(best);
        best = kept_.end();
    }
    if (best != kept_.end()) {
        auto out = std::move(*best);
        kept_.erase(best);
        return out;
    }
    WEFT_TRY(header, read_run_header(store, run));
    return std::make_unique<HistoryCursor>(std::move(header));
}

void HistoryCursors::keep(std::unique_ptr<HistoryCursor> cursor) {
    kept_.push_front(std::move(cursor));
    if (kept_.size() > kKept) kept_.pop_back();
}

}  // namespace weft::engine

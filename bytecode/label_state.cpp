#include "bytecode/label_state.h"

namespace weft::verify {

bool meet(LabelTrees& trees, SlotSets& slots, LabelState& known, const LabelState& other) {
    bool changed = false;
    for (const auto& [reg, tree] : other.labels) {
        const auto before = known.tree(reg);
        const auto both = trees.join(before, tree);
        if (both == before) continue;
        known.labels.set(reg, both);
        changed = true;
    }
    for (const auto& [reg, set] : other.from) {
        const auto before = known.sources(reg);
        const auto both = slots.united(before, set);
        if (both == before) continue;
        known.from.set(reg, both);
        changed = true;
    }
    known.facts.erase_if([&](const auto& entry) {
        const auto* there = other.facts.find(entry.first);
        const bool is_lost = there == nullptr || !(*there == entry.second);
        changed = changed || is_lost;
        return is_lost;
    });
    if (known.announced && !other.announced) {
        known.announced = false;
        changed = true;
    }
    return changed;
}

}  // namespace weft::verify

#include "testing/script.h"

#include <algorithm>

namespace weft::test {

void Mocks::add(std::vector<ir::MockTarget> targets, std::vector<Answer> answers) {
    rows_.push_back({std::move(targets), std::move(answers), 0, 0});
}

std::optional<int> Mocks::exactness(const Row& row, const Asked& asked) {
    std::optional<int> best;
    for (const auto& target : row.targets) {
        // A step's probe is another worker, asked about the step.
        const bool stands_for =
            target.kind == ir::MockTarget::Kind::Step
                ? !asked.is_probe && target.name == asked.path
                : std::ranges::find(target.workers, asked.worker) != target.workers.end();
        if (stands_for) best = std::max(best.value_or(0), static_cast<int>(target.kind));
    }
    return best;
}

const Answer* Mocks::next(const Asked& asked) {
    Row* best = nullptr;
    int best_exactness = -1;
    for (auto& row : rows_) {
        const auto exact = exactness(row, asked);
        if (!exact || is_said_out(row) || *exact < best_exactness) continue;
        best = &row;
        best_exactness = *exact;
    }
    if (best == nullptr) return nullptr;
    const Answer& out = best->answers[best->at];
    if (!out.for_ever && ++best->said >= out.times) {
        ++best->at;
        best->said = 0;
    }
    return &out;
}

}  // namespace weft::test

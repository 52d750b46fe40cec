#include "compiler/ir/takers.h"

#include <algorithm>

namespace weft::ir {

bool takes(const std::vector<Handler>& handlers, std::string_view error) {
    return std::ranges::any_of(handlers, [&](const Handler& handler) {
        return handler.errors.empty() ||
               std::ranges::find(handler.errors, error) != handler.errors.end();
    });
}

// Of a step also what its handlers themselves do: they are no part of what it takes, but what
// raises the same error in one is rare enough.
bool is_taken_by(const Module& module, const Stmt& stmt, std::string_view error) {
    switch (stmt.kind) {
        case Stmt::Kind::Step:
            return takes(module.steps[stmt.row].handlers, error);
        case Stmt::Kind::Each:
            return module.eaches[stmt.row].collects;
        case Stmt::Kind::Parallel:
            return module.parallels[stmt.row].join != JoinRule::All;
        default:
            return false;
    }
}

}  // namespace weft::ir

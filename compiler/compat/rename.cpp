#include "compiler/compat/rename.h"

namespace weft::compat {
namespace {

void replace(std::string& path, const Rename& rename) {
    if (!path.starts_with(rename.path)) return;
    const bool is_whole = path.size() == rename.path.size();
    if (is_whole || path[rename.path.size()] == '.') {
        path.replace(0, rename.path.size(), rename.old_path);
    }
}

template <typename Rows>
void replace_all(Rows& rows, const Rename& rename) {
    for (auto& row : rows) replace(row.path, rename);
}

}  // namespace

void rename(ir::Module& module, const Rename& rename) {
    for (const auto& step : module.steps) {
        if (step.path != rename.path || !step.result.has_value()) continue;
        module.locals[step.result].name = rename.old_path.substr(rename.old_path.rfind('.') + 1);
    }
    replace_all(module.steps, rename);
    replace_all(module.eaches, rename);
    replace_all(module.gates, rename);
    replace_all(module.parallels, rename);
    replace_all(module.repeats, rename);
    replace_all(module.waits, rename);
    replace_all(module.reviews, rename);
    replace_all(module.locks, rename);
    for (auto& parallel : module.parallels) replace_all(parallel.branches, rename);
}

void use_former_names(ir::Module& module) {
    for (auto& local : module.locals) {
        if (!local.was.empty()) local.name = local.was;
    }
}

}  // namespace weft::compat

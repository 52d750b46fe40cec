// What a module offers to others, and does not describe.
#include <fmt/format.h>

#include <vector>

#include "compiler/lint/lint.h"
#include "grammar/comments.h"

namespace weft::lint {

void check_documented(const check::Context& context) {
    // A module that describes some of what others use describes all of it.
    std::vector<bool> describes(context.modules.size());
    std::vector<const check::Declaration*> bare;
    for (const auto& decl : context.declarations) {
        const auto& module = context.modules[decl.module];
        if (!decl.used_outside || module.is_standard) continue;
        if (doc_comment(module.parsed->tree, decl.node.id()).empty()) {
            bare.push_back(&decl);
        } else {
            describes[decl.module.index] = true;
        }
    }
    for (const auto* decl : bare) {
        if (!describes[decl->module.index]) continue;
        auto& d = context.report(
            DiagnosticCode::UndocumentedPublic, decl->name_span,
            fmt::format("other modules use `{}`, and nothing says what it is", decl->qualified));
        d.help = "put a line above it that begins with `///`";
    }
}

}  // namespace weft::lint

#include "compiler/check/deprecated.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "grammar/comments.h"

namespace weft::check {

namespace {

constexpr std::string_view kMark = "Deprecated:";

bool holds(Span outer, Span inner) {
    return outer.file == inner.file && outer.begin <= inner.begin && inner.end <= outer.end;
}

// What is to be left may use its like; a test that answers for it says nothing that the program
// does not say.
bool is_free(const Context& context, const ModuleInfo& module, Span use) {
    const auto stands_in = [&](const auto& nodes) {
        return std::ranges::any_of(nodes,
                                   [&](const auto& node) { return holds(node.span(), use); });
    };
    return stands_in(module.tests) || stands_in(module.evals) ||
           std::ranges::any_of(context.declarations, [&](const Declaration& decl) {
               return !decl.deprecated.empty() && holds(decl.node.span(), use);
           });
}

}  // namespace

bool deprecates(std::string_view text) {
    return text.find(kMark) != std::string_view::npos;
}

std::string deprecation(const Tree& tree, NodeId node) {
    const std::string doc = doc_comment(tree, node);
    const auto at = doc.find(kMark);
    if (at == std::string::npos || (at > 0 && doc[at - 1] != '\n')) return {};
    auto text = doc.substr(at + kMark.size());
    text.resize(std::min(text.size(), text.find('\n')));
    text.erase(0, text.find_first_not_of(' '));
    while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
    return text.empty() ? "it is to be left" : text;
}

void note_deprecated(Context& context, ModuleId module, const Dotted& name, DeclId found) {
    const auto& info = context.modules[module];
    if (context.declarations[found].deprecated.empty() || info.is_standard) return;
    const auto text = info.parsed->tree.text();
    const char* begin = name.front().data();
    const char* end = name.back().data() + name.back().size();
    const std::less_equal<const char*> order;
    if (!order(text.data(), begin) || !order(end, text.data() + text.size())) return;
    const auto at = static_cast<std::uint32_t>(begin - text.data());
    const auto size = static_cast<std::uint32_t>(end - begin);
    context.deprecated_uses.push_back({{info.file, at, at + size}, found});
}

void check_deprecated(const Context& context) {
    std::set<Span> told;
    for (const auto& use : context.deprecated_uses) {
        const auto& decl = context.declarations[use.declaration];
        const auto module = std::ranges::find(context.modules, use.span.file, &ModuleInfo::file);
        if (module == context.modules.end() || is_free(context, *module, use.span)) continue;
        if (!told.insert(use.span).second) continue;
        auto& d =
            context.report(DiagnosticCode::DeprecatedUse, use.span,
                           fmt::format("`{}` is deprecated: {}", decl.qualified, decl.deprecated));
        d.secondary.push_back({decl.name_span, "declared here"});
    }
}

}  // namespace weft::check

#include "compiler/check/doubled.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

namespace weft::check {

namespace {

// What has clauses, or options that are read like them, and what it is called; empty of all others.
std::string_view owner(NodeKind kind) {
    switch (kind) {
        case NodeKind::Worker:
            return "worker";
        case NodeKind::Workflow:
            return "workflow";
        case NodeKind::Schedule:
            return "schedule";
        case NodeKind::Step:
            return "step";
        case NodeKind::Review:
            return "review";
        case NodeKind::Each:
            return "`each`";
        case NodeKind::Limit:
            return "`limit`";
        default:
            return {};
    }
}

// Each of these adds to the ones before it.
bool may_be_repeated(NodeKind kind) {
    return kind == NodeKind::On || kind == NodeKind::Overdue || kind == NodeKind::Fails ||
           kind == NodeKind::ScheduleAt;
}

bool is_option(NodeKind kind) {
    return category(kind) == NodeCategory::Clause || kind == NodeKind::AtOnce ||
           kind == NodeKind::Rate || kind == NodeKind::Collecting;
}

// `until t` says what `within D` says.
NodeKind what_it_says(NodeKind kind) {
    return kind == NodeKind::Until ? NodeKind::Within : kind;
}

std::string words(NodeKind kind) {
    if (kind == NodeKind::StrictOrder) return "compensate in strict order";
    if (kind == NodeKind::Rate) return "per";
    std::string out(label(kind));
    std::ranges::replace(out, '-', ' ');
    return out;
}

std::string named(const ast::View& node) {
    const bool is_declaration = category(node.kind()) == NodeCategory::Decl;
    const ast::View name = node.kind() == NodeKind::Worker ? ast::View(node.child<ast::Path>())
                                                           : node.child<ast::Name>();
    if (!is_declaration || !name) return fmt::format("this {}", owner(node.kind()));
    return fmt::format("the {} `{}`", owner(node.kind()), name.text());
}

void refuse_in(const Context& context, const ast::View& node) {
    std::map<NodeKind, ast::View> first;
    for (const auto& child : node.children()) {
        if (!is_option(child.kind()) || may_be_repeated(child.kind())) continue;
        const auto [other, is_new] = first.emplace(what_it_says(child.kind()), child);
        if (is_new) continue;
        const auto before = words(other->second.kind());
        const auto again = words(child.kind());
        auto& d = context.report(
            DiagnosticCode::DuplicateClause, child.span(),
            before == again ? fmt::format("{} says `{}` twice", named(node), again)
                            : fmt::format("{} says `{}` and `{}`", named(node), before, again));
        d.secondary.push_back({other->second.span(), "said here first"});
        d.help = "only one of them can count: remove the other";
    }
}

}  // namespace

void refuse_doubled(const Context& context, const Tree& tree) {
    for (std::uint32_t i = 0; i < tree.size(); ++i) {
        const NodeId id{i};
        if (!owner(tree[id].kind).empty()) refuse_in(context, ast::View(tree, id));
    }
}

}  // namespace weft::check

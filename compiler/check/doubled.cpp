#include "compiler/check/doubled.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "grammar/literals.h"

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

// Names, keys: each with its span, and what stands twice where one is there again.
class Once {
  public:
    Once(const Context& context, std::string_view what) : context_(context), what_(what) {}

    void add(const std::string& name, Span span) {
        const auto [first, is_new] = seen_.emplace(name, span);
        if (is_new || name.empty()) return;
        auto& d = context_.report(DiagnosticCode::DuplicateName, span,
                                  fmt::format("{} `{}` stands twice", what_, name));
        d.secondary.push_back({first->second, "here first"});
    }

  private:
    const Context& context_;
    std::string_view what_;
    std::map<std::string, Span> seen_;
};

// Keys that are computed are known when the map is made; of two alike the last one counts there.
void refuse_keys(const Context& context, ast::MapLiteral map) {
    Once keys(context, "the key");
    for (const auto& entry : map.entries()) {
        const auto key = entry.key().bare().as<ast::Text>();
        if (const auto text = key ? plain_text(key) : std::nullopt) keys.add(*text, key.span());
    }
}

// `with a = 1, a = 2`, of a gate's retry and of a decision in a test.
void refuse_values(const Context& context, const std::vector<ast::With>& values) {
    Once names(context, "the value of");
    for (const auto& with : values) names.add(std::string(with.name().text()), with.name().span());
}

}  // namespace

void refuse_doubled(const Context& context, const Tree& tree) {
    for (std::uint32_t i = 0; i < tree.size(); ++i) {
        const ast::View node(tree, NodeId{i});
        if (!owner(node.kind()).empty()) refuse_in(context, node);
        if (auto map = node.as<ast::MapLiteral>()) refuse_keys(context, map);
        refuse_values(context, node.as<ast::RetryFrom>().overrides());
        refuse_values(context, node.as<ast::Decision>().revisions());
    }
}

}  // namespace weft::check

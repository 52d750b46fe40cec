#include "compiler/check/body.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/names.h"

namespace weft::check {

Diagnostic& Context::report(DiagnosticCode code, Span span, std::string message) const {
    constexpr std::string_view kArticle = " a ";
    const auto takes_n = [](std::string_view word) {
        const bool is_vowel = !word.empty() && std::string_view("AEIO").contains(word.front());
        return is_vowel || word.starts_with("Untrusted") || word.starts_with("error ");
    };
    if (message.starts_with("a ") && takes_n(std::string_view(message).substr(2))) {
        message.insert(1, "n");
    }
    for (std::size_t at = message.find(kArticle); at != std::string::npos;
         at = message.find(kArticle, at + 1)) {
        std::string_view word = std::string_view(message).substr(at + kArticle.size());
        if (takes_n(word)) message.insert(at + 2, "n");
    }
    return diagnostics.report(code, span, std::move(message));
}

const ir::Each* Context::each_of(ir::LocalId local) const {
    const auto& rows = module.eaches;
    // Rows are taken back when a block is checked again, so what was noted is looked at again.
    eaches_noted = std::min(eaches_noted, rows.size());
    for (; eaches_noted < rows.size(); ++eaches_noted) {
        eaches_by_result[rows[eaches_noted].result] = eaches_noted;
    }
    const auto at = eaches_by_result.find(local);
    if (at == eaches_by_result.end() || at->second >= rows.size()) return nullptr;
    const auto& each = rows[at->second];
    return each.result == local ? &each : nullptr;
}

bool Context::has_syntax_error(Span span) const {
    constexpr unsigned kFirstOfChecker = 1000;
    if (!span.file.has_value()) return false;
    std::string_view text = module.sources[span.file].text();
    std::size_t end = std::min(text.find('\n', span.end), text.size());
    const auto& items = diagnostics.items();
    return std::any_of(items.begin(), items.end(), [&](const Diagnostic& d) {
        return static_cast<unsigned>(d.code) < kFirstOfChecker && d.span.file == span.file &&
               d.span.begin >= span.begin && d.span.begin <= end;
    });
}

std::string Context::text(TypeId type) const {
    if (!type.has_value()) return "an unknown type";
    if (type == common.none) return "none";
    std::string out = module.types.text(type);
    // Type parameters and the element of an empty list carry marks that no source can spell.
    for (std::size_t at = out.find('\''); at != std::string::npos; at = out.find('\'', at)) {
        out.erase(at, 2);
    }
    return out;
}

ir::LocalId Context::add_local(std::string name, TypeId type, Span span) {
    used_locals.push_back(false);
    return module.locals.add({std::move(name), type, span});
}

void NamesInReach::push_back(LocalName name) {
    places_[name.name].push_back(names_.size());
    names_.push_back(std::move(name));
}

void NamesInReach::resize(std::size_t count) {
    while (names_.size() > count) {
        auto at = places_.find(names_.back().name);
        at->second.pop_back();
        if (at->second.empty()) places_.erase(at);
        names_.pop_back();
    }
}

const LocalName* NamesInReach::find(std::string_view name) const {
    const auto at = places_.find(name);
    return at == places_.end() ? nullptr : &names_[at->second.back()];
}

const LocalName* Body::find(std::string_view name) const {
    return names.find(name);
}

ir::LocalId Body::declare(std::string name, TypeId type, Span span) {
    if (const LocalName* other = find(name)) {
        context.use_local(other->local);
        auto& d = context.report(DiagnosticCode::DuplicateName, span,
                                 fmt::format("the name `{}` is taken already", name));
        d.secondary.push_back({context.module.locals[other->local].span, "by this one"});
    } else if (is_import(context, module, name)) {
        context.report(DiagnosticCode::ShadowedName, span,
                       fmt::format("`{}` has the name of an imported module", name));
    }
    ir::LocalId local = context.add_local(name, type, span);
    names.push_back({std::move(name), local});
    return local;
}

TypeId Body::type_of(ir::LocalId local) const {
    TypeId type = context.module.locals[local].type;
    if (std::find(cleared.begin(), cleared.end(), local) == cleared.end()) return type;
    return cleared_of(context.types(), type, kUntrusted);
}

std::vector<std::string> Body::names_in_reach() const {
    std::vector<std::string> out;
    for (const auto& entry : names) out.push_back(entry.name);
    return out;
}

ir::ExprId add_expr(Context& context, ir::Expr expr) {
    return context.module.exprs.add(std::move(expr));
}

ir::ExprId add_literal(Context& context, Value value, TypeId type, Span span) {
    ir::Expr e;
    e.kind = ir::ExprKind::Literal;
    e.type = type;
    e.span = span;
    e.value = std::move(value);
    return add_expr(context, std::move(e));
}

ir::ExprId add_local_ref(const Body& body, ir::LocalId local, Span span) {
    ir::Expr e;
    e.kind = ir::ExprKind::Local;
    e.type = body.type_of(local);
    e.span = span;
    e.local = local;
    return add_expr(body.context, std::move(e));
}

ir::ExprId add_mistake(Context& context, Span span) {
    return add_literal(context, {}, {}, span);
}

TypeId type_of(const Context& context, ir::ExprId expr) {
    return context.module.exprs[expr].type;
}

Span span_of(const Context& context, ir::ExprId expr) {
    return context.module.exprs[expr].span;
}

}  // namespace weft::check

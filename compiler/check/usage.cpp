#include "compiler/check/usage.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/body.h"
#include "compiler/check/deprecated.h"
#include "compiler/check/edits.h"
#include "compiler/ir/walk.h"

namespace weft::check {

namespace {

std::string_view what_is(DiagnosticCode code) {
    switch (code) {
        case DiagnosticCode::UnusedInput:
            return "the parameter";
        case DiagnosticCode::UnusedOutput:
            return "the result";
        case DiagnosticCode::UnusedPromptParameter:
            return "the prompt's parameter";
        default:
            return "the value";
    }
}

bool is_standard(const Context& context, Span span) {
    for (const auto& info : context.modules) {
        if (info.file == span.file) return info.is_standard;
    }
    return false;
}

void check_declarations(const Context& context) {
    // A package without a workflow is a library: what it declares is for others.
    bool has_workflow = std::any_of(
        context.declarations.begin(), context.declarations.end(), [&](const Declaration& d) {
            return d.kind == DeclKind::Workflow && context.modules[d.module].qualifier.empty();
        });
    if (!has_workflow) return;
    for (const auto& decl : context.declarations) {
        bool is_main = context.modules[decl.module].qualifier.empty();
        if (decl.used || !is_main || decl.kind == DeclKind::Workflow) continue;
        context.report(DiagnosticCode::UnusedDeclaration, decl.name_span,
                       fmt::format("nothing uses `{}`", decl.name));
    }
}

// fn -> the functions that it calls, over the lambdas inside.
void calls_in(const Context& context, ir::ExprId id, std::vector<std::uint32_t>& out) {
    if (!id.has_value()) return;
    const ir::Expr& e = context.module.exprs[id];
    if (e.kind == ir::ExprKind::CallFn) out.push_back(e.index);
    ir::for_each_operand(context.module, e, [&](ir::ExprId part) { calls_in(context, part, out); });
}

class CallGraph {
  public:
    explicit CallGraph(const Context& context) : context_(context) {
        for (const auto& fn : context.module.fns) {
            calls_.emplace_back();
            calls_in(context, fn.body, calls_.back());
        }
        state_.resize(calls_.size());
    }

    void check() {
        for (const auto& decl : context_.declarations) {
            if (decl.kind == DeclKind::Fn && decl.state == Declaration::State::Done &&
                decl.row < calls_.size()) {
                visit(decl.row);
            }
        }
    }

  private:
    enum class Visit : std::uint8_t { New, Open, Done };

    void visit(std::uint32_t fn) {
        if (state_[fn] != Visit::New) return;
        state_[fn] = Visit::Open;
        for (std::uint32_t callee : calls_[fn]) {
            if (callee < state_.size() && state_[callee] == Visit::Open) report(callee);
            if (callee < state_.size()) visit(callee);
        }
        state_[fn] = Visit::Done;
    }

    void report(std::uint32_t fn) const {
        for (const auto& decl : context_.declarations) {
            if (decl.kind != DeclKind::Fn || decl.row != fn ||
                decl.state != Declaration::State::Done) {
                continue;
            }
            auto& d = context_.report(DiagnosticCode::RecursiveDefinition, decl.name_span,
                                      fmt::format("`{}` calls itself", decl.qualified));
            d.help = "use `fold`, `map` or `filter`: every computation must end";
            return;
        }
    }

    const Context& context_;
    std::vector<std::vector<std::uint32_t>> calls_;
    std::vector<Visit> state_;
};

}  // namespace

void check_usage(Context& context) {
    // What a statement with a mistake would have read is not known.
    if (context.diagnostics.has_errors()) return;
    for (const auto& watched : context.watched) {
        const ir::Local& local = context.module.locals[watched.local];
        if (context.used_locals[watched.local.index] || local.name.starts_with('_') ||
            is_standard(context, local.span)) {
            continue;
        }
        context.report(watched.code, local.span,
                       fmt::format("nothing reads {} `{}`", what_is(watched.code), local.name));
    }
    for (const auto& info : context.modules) {
        if (info.is_standard) continue;
        for (const auto& [name, import] : info.imports) {
            if (import.used || !import.module.has_value()) continue;
            auto& d = context.report(DiagnosticCode::UnusedImport, import.span,
                                     fmt::format("nothing uses the module `{}`", name));
            const auto& sources = context.module.sources;
            if (!stands_alone(sources, import.span)) continue;
            d.fix = Fix{"remove the import", {removal(sources, import.span)}, Applicability::Safe};
        }
    }
    check_declarations(context);
    check_deprecated(context);
}

void check_recursion(const Context& context) {
    CallGraph(context).check();
}

}  // namespace weft::check

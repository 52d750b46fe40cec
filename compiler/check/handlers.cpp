#include "compiler/check/handlers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compiler/check/declare.h"
#include "compiler/check/names.h"
#include "compiler/check/rejections.h"
#include "compiler/check/relations.h"
#include "compiler/check/statements.h"

namespace weft::check {

namespace {

// Errors that handlers of the step take, and where.
using Taken = std::vector<std::pair<std::string, Span>>;

// Handlers are tried in order: behind one that takes an error, or any, another has nothing to take.
void note_taken(const Context& context, const std::string& name, Span span, Taken& taken) {
    const auto before = std::ranges::find_if(
        taken, [&](const auto& other) { return other.first == name || other.first == "Error"; });
    if (before == taken.end()) {
        taken.emplace_back(name, span);
        return;
    }
    const bool is_same = before->first == name;
    auto& d = context.report(
        DiagnosticCode::UnreachableHandler, span,
        is_same ? fmt::format("`{}` is taken before already", name)
                : fmt::format("`{}` never comes here, since `Error` before it takes all", name));
    d.secondary.push_back({before->second, "taken here first"});
}

void check_handler(Body& body, ast::On on, ir::Step& step, Taken& taken, TypeId& result) {
    Context& context = body.context;
    ir::Handler handler;
    bool takes_any = false;
    bool is_unknown = false;
    DeclId declared;
    for (const auto& path : on.errors()) {
        auto name = error_name(context, body.module, path);
        if (!name) {
            is_unknown = true;
            continue;
        }
        takes_any = takes_any || *name == "Error";
        declared = find_error(context, body.module, dotted_of(path));
        if (step.worker.has_value() && declared.has_value()) {
            const auto& fails = context.module.workers[step.worker].row.fails;
            if (std::find(fails.begin(), fails.end(), *name) == fails.end()) {
                context.report(DiagnosticCode::UnreachableHandler, path.span(),
                               fmt::format("`{}` never fails with `{}`",
                                           context.module.workers[step.worker].row.name, *name));
            }
        }
        note_taken(context, *name, path.span(), taken);
        handler.errors.push_back(*name);
    }
    if (takes_any) handler.errors.clear();
    bool exact = on.errors().size() == 1 && declared.has_value();
    TypeId type = exact ? context.declarations[declared].error_type : context.common.error;
    if (handler.errors == std::vector<std::string>{"Rejected"} && !exact) {
        if (TypeId rejection = rejection_type(context, step); rejection.has_value()) {
            type = rejection;
        }
    }
    std::size_t mark = body.mark();
    if (auto binder = on.binder()) {
        // Of an error that is unknown, and was reported, nobody knows the fields.
        handler.error =
            body.declare(std::string(binder.text()), is_unknown ? TypeId{} : type, binder.span());
    } else {
        handler.error = context.add_local("error", type, on.span());
    }
    bool wants_value = result.has_value() && result != context.common.none;
    handler.body = check_block(body, on.block(), {wants_value, result, {}});
    body.leave(mark);
    const ir::Block& block = context.module.blocks[handler.body];
    if (wants_value && !block.leaves) {
        TypeId both = join(context, result, block.type);
        if (!both.has_value() && block.type.has_value()) {
            context.report(DiagnosticCode::TypeMismatch, on.span(),
                           fmt::format("the step gives a {}, but this handler a {}",
                                       context.text(result), context.text(block.type)));
        }
        result = both;
    }
    step.handlers.push_back(std::move(handler));
}

}  // namespace

void check_handlers(Body& body, ast::Step node, ir::Step& step, TypeId& result) {
    Taken taken;
    for (const auto& on : node.children<ast::On>()) check_handler(body, on, step, taken, result);
}

}  // namespace weft::check

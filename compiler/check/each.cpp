// each: a bounded parallel map over a list, in its order.
#include <fmt/format.h>

#include "compiler/check/constants.h"
#include "compiler/check/origins.h"
#include "compiler/check/outcomes.h"
#include "compiler/check/statements.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

}  // namespace

void check_each(Body& body, ast::Each node, std::string_view name, Span name_span,
                EachNaming naming, StatementResult& result) {
    const bool is_named = naming == EachNaming::Named;
    Context& context = body.context;
    ir::Each row;
    // One that has clauses stands in a step of its name, and is that step to its reader.
    row.path = naming == EachNaming::OfItsStep ? body.path : new_path(body, name);
    row.span = node.span();
    row.list = check_expr(body, node.list());
    TypeId list = type_of(context, row.list);
    TypeId item;
    LabelSet labels = 0;
    if (list.has_value()) {
        labels = outer_labels(context.types(), list);
        if (kind_of(context, list) == TypeKind::List) {
            item = with_labels(context.types(), context.types()[base_of(context, list)].element,
                               labels);
            if (!length_of(context, row.list).max) {
                auto& d = context.report(
                    DiagnosticCode::UnboundedFanout, node.list().span(),
                    fmt::format("nothing bounds the length of this {}", context.text(list)));
                d.help = "declare it: `List<T> where length in 0..100`";
            }
        } else {
            auto& d = context.report(
                DiagnosticCode::TypeMismatch, node.list().span(),
                fmt::format("`each` takes a list, but this is a {}", context.text(list)));
            note_origins(context, d, {row.list});
        }
    }
    if (auto at_once = node.at_once()) {
        row.limit = static_cast<std::uint32_t>(
            constant_int(body, at_once.value(), "the number at once", 1, 100'000).value_or(1));
    }
    if (auto collecting = node.collecting()) {
        row.collects = true;
        row.errors_max = static_cast<std::uint32_t>(
            constant_int(body, collecting.value(), "the number of errors", 0, 1'000'000)
                .value_or(0));
    }
    std::size_t mark = body.mark();
    row.item = body.declare(std::string(node.binder().text()), item, node.binder().span());
    std::string around = std::exchange(body.path, row.path);
    bool in_each = std::exchange(body.in_each, true);
    RepeatFrame* repeat = std::exchange(body.repeat, nullptr);
    ir::LocalId outer_item = std::exchange(body.item, row.item);
    LabelSet control = std::exchange(body.control, body.control | labels);
    row.body = check_block(body, node.block(), {true, {}, {}});
    body.control = control;
    body.in_each = in_each;
    body.item = outer_item;
    body.repeat = repeat;
    body.path = std::move(around);
    body.leave(mark);
    TypeId given = context.module.blocks[row.body].type;
    TypeId type = make_list(context, row.collects ? make_outcome(context, given) : given);
    std::string local_name = is_named ? std::string(name) : fmt::format("{}…", name);
    row.result = is_named ? body.declare(local_name, type, name_span)
                          : context.add_local(local_name, type, name_span);
    ir::LocalId local = row.result;
    context.module.eaches.push_back(std::move(row));
    ir::StmtId stmt = add_stmt(body, Kind::Each, context.module.eaches.size() - 1, node.span());
    if (is_named) body.block->steps.emplace_back(local_name, stmt);
    result.value = add_local_ref(body, local, name_span);
}

}  // namespace weft::check

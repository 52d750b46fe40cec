#include "compiler/check/origins.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/labels.h"

namespace weft::check {

namespace {

using ir::ExprKind;

class Origins {
  public:
    Origins(const Context& context, std::vector<std::string>& out) : context_(context), out_(out) {}

    void expr(ir::ExprId id) {
        constexpr int kDepthMax = 20;
        if (!id.has_value() || depth_ == kDepthMax) return;
        ++depth_;
        visit(context_.module.exprs[id]);
        --depth_;
    }

  private:
    void visit(const ir::Expr& e) {
        switch (e.kind) {
            case ExprKind::Local:
                return local(e.local);
            case ExprKind::Field:
                return field(e);
            case ExprKind::CallFn:
                return add("fn", context_.module.fns[ir::FnId{e.index}].name);
            case ExprKind::If:
                expr(e.b);
                return expr(e.args[0]);
            case ExprKind::Let:
                return expr(e.b);
            case ExprKind::List:
                for (const auto item : e.args) expr(item);
                return;
            case ExprKind::Index:
            case ExprKind::Negate:
            case ExprKind::Add:
            case ExprKind::Subtract:
            case ExprKind::Multiply:
            case ExprKind::Divide:
            case ExprKind::Coalesce:
            case ExprKind::ToDecimal:
            case ExprKind::ListFn:
            case ExprKind::Unwrap:
                expr(e.a);
                return e.kind == ExprKind::ListFn ? void() : expr(e.b);
            default:
                return;
        }
    }

    void field(const ir::Expr& e) {
        const TypeId record = context_.module.exprs[e.a].type;
        if (!record.has_value()) return;
        const auto& type = context_.types()[without_labels(context_.types(), record)];
        if (e.index >= type.fields.size()) return;
        if (type.name.empty()) return expr(e.a);
        add(type.name, type.fields[e.index].name);
    }

    void local(ir::LocalId id) {
        const auto& module = context_.module;
        if (const auto named = context_.origins.find(id.index); named != context_.origins.end()) {
            out_.push_back(named->second);
            return;
        }
        if (const auto let = context_.let_values.find(id.index); let != context_.let_values.end()) {
            return expr(let->second);
        }
        const auto repeat = std::ranges::find(module.repeats, id, &ir::Repeat::item);
        if (repeat != module.repeats.end()) return expr(repeat->initial);
        const auto each = std::ranges::find(module.eaches, id, &ir::Each::item);
        if (each != module.eaches.end()) return expr(each->list);
        const auto gathered = std::ranges::find(module.eaches, id, &ir::Each::result);
        if (gathered != module.eaches.end() && gathered->body.has_value()) {
            return expr(module.blocks[gathered->body].value);
        }
        const auto step = std::ranges::find(module.steps, id, &ir::Step::result);
        if (step != module.steps.end() && step->worker.has_value()) {
            return add("worker", module.workers[step->worker].row.name);
        }
        place(module.locals[id].span);
    }

  public:
    void wanted(const Wanted& wanted) {
        if (wanted.name.file.has_value()) {
            place(wanted.name);
            add(kDeclared, place_text(wanted.name));
        }
        if (!wanted.of.empty()) add(wanted.of, wanted.part);
    }

  private:
    static std::string place_text(Span name) {
        return fmt::format("{}:{}", name.file.index, name.begin);
    }
    void place(Span name) {
        if (name.file.has_value()) add(kName, place_text(name));
    }
    void add(std::string_view what, std::string_view name) {
        out_.push_back(fmt::format("{} {}", what, name));
    }

    const Context& context_;
    std::vector<std::string>& out_;
    int depth_ = 0;
};

}  // namespace

void note_origins(const Context& context, Diagnostic& d, std::initializer_list<ir::ExprId> values) {
    Origins origins(context, d.origins);
    for (const auto value : values) origins.expr(value);
}

void pass_origin(Context& context, ir::ExprId value, ir::LocalId local) {
    const ir::Expr& e = context.module.exprs[value];
    if (e.kind != ExprKind::Local) return;
    const auto known = context.origins.find(e.local.index);
    if (known != context.origins.end()) context.origins.emplace(local.index, known->second);
}

void note_origins(const Body& body, Diagnostic& d, std::initializer_list<ir::ExprId> values) {
    note_origins(body.context, d, values);
    if (body.wanted != nullptr) Origins(body.context, d.origins).wanted(*body.wanted);
}

}  // namespace weft::check

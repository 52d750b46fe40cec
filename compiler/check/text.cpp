#include "compiler/check/text.h"

#include <fmt/format.h>

#include "bytecode/image.h"
#include "compiler/check/origins.h"
#include "compiler/check/skipped.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

using ir::ExprKind;
using Part = TemplatePart::Kind;

bool may_stand_in_hole(TypeKind kind) {
    switch (kind) {
        case TypeKind::Text:
        case TypeKind::Email:
        case TypeKind::Url:
        case TypeKind::Int:
        case TypeKind::Decimal:
        case TypeKind::Money:
        case TypeKind::Duration:
        case TypeKind::Time:
        case TypeKind::Date:
        case TypeKind::Bool:
        case TypeKind::Enum:
            return true;
        default:
            return false;
    }
}

class Template {
  public:
    Template(Body& body, ast::Text text)
        : body_(body),
          context_(body.context),
          tree_(text.tree()),
          span_(text.span()),
          parts_(template_parts(text)) {}

    ir::ExprId all() { return sequence(); }

  private:
    // Up to the end of the text, or to the `else` or `end` of what is open.
    ir::ExprId sequence() {
        std::vector<ir::ExprId> out;
        while (at_ < parts_.size()) {
            const TemplatePart& part = parts_[at_];
            if (part.kind == Part::Else || part.kind == Part::End) break;
            ++at_;
            switch (part.kind) {
                case Part::Text:
                    out.push_back(
                        add_literal(context_, Value::text(part.text), context_.common.text, span_));
                    break;
                case Part::Hole:
                    out.push_back(hole(ast::Hole(tree_, part.node)));
                    break;
                case Part::Each:
                    out.push_back(each(ast::TemplateEach(tree_, part.node)));
                    break;
                default:
                    out.push_back(choice(ast::TemplateIf(tree_, part.node)));
                    break;
            }
        }
        return concat(std::move(out));
    }

    ir::ExprId concat(std::vector<ir::ExprId> parts) {
        if (parts.empty())
            return add_literal(context_, Value::text(""), context_.common.text, span_);
        LabelSet labels = 0;
        for (auto id : parts) {
            if (!type_of(context_, id).has_value()) return add_mistake(context_, span_);
            labels |= outer_labels(context_.types(), type_of(context_, id));
        }
        if (parts.size() == 1 && context_.module.exprs[parts[0]].kind == ExprKind::Literal) {
            return parts[0];
        }
        ir::Expr e;
        e.kind = ExprKind::Text;
        e.span = span_;
        e.args = std::move(parts);
        e.type = with_labels(context_.types(), context_.common.text, labels);
        return add_expr(context_, std::move(e));
    }

    ir::ExprId hole(ast::Hole node) {
        ir::ExprId id = check_expr(body_, node.value());
        TypeId type = type_of(context_, id);
        if (!type.has_value()) return id;
        TypeKind kind = kind_of(context_, type);
        if (kind == TypeKind::Optional) {
            auto& d = report_none(
                context_, id, span_of(context_, id),
                type == context_.common.none
                    ? "a hole takes a value, and this is always none"
                    : fmt::format("a hole takes no {}, which may be none", context_.text(type)));
            note_origins(context_, d, {id});
            d.help = "give a text for none: `${x ?? \"-\"}`";
            return add_mistake(context_, span_of(context_, id));
        }
        if (!may_stand_in_hole(kind)) {
            auto& d =
                context_.report(DiagnosticCode::TypeMismatch, span_of(context_, id),
                                fmt::format("a {} can't stand in a hole", context_.text(type)));
            note_origins(context_, d, {id});
            return add_mistake(context_, span_of(context_, id));
        }
        if (kind == TypeKind::Text) return id;
        ir::Expr e;
        e.kind = ExprKind::ToText;
        e.a = id;
        e.span = span_of(context_, id);
        // A case shows its fields as well.
        e.type =
            with_labels(context_.types(), context_.common.text, all_labels(context_.types(), type));
        return add_expr(context_, std::move(e));
    }

    void skip(Part kind) {
        if (at_ < parts_.size() && parts_[at_].kind == kind) ++at_;
    }

    // join(map(list, item => body), "")
    ir::ExprId each(ast::TemplateEach node) {
        ir::ExprId list = check_expr(body_, node.list());
        TypeId type = type_of(context_, list);
        TypeId item;
        if (type.has_value() && kind_of(context_, type) == TypeKind::List) {
            item = with_labels(context_.types(), context_.types()[base_of(context_, type)].element,
                               outer_labels(context_.types(), type));
        } else if (type.has_value()) {
            context_.report(
                DiagnosticCode::TypeMismatch, node.list().span(),
                fmt::format("`each` takes a list, but this is a {}", context_.text(type)));
        }
        std::size_t mark = body_.mark();
        ir::Lambda lambda;
        lambda.parameters.push_back(
            body_.declare(std::string(node.binder().text()), item, node.binder().span()));
        lambda.body = sequence();
        body_.leave(mark);
        skip(Part::End);
        TypeId line = type_of(context_, lambda.body);
        if (!item.has_value() || !line.has_value()) return add_mistake(context_, node.span());
        ir::Expr map;
        map.kind = ExprKind::ListFn;
        map.list_op = ir::ListOp::Map;
        map.a = list;
        map.index = context_.module.lambdas.add(std::move(lambda)).index;
        map.span = node.span();
        map.type = make_list(context_, line);
        LabelSet labels =
            outer_labels(context_.types(), line) | outer_labels(context_.types(), type);
        ir::Expr join;
        join.kind = ExprKind::Builtin;
        join.index = static_cast<std::uint32_t>(BuiltinFunction::Join);
        join.args = {add_expr(context_, std::move(map)),
                     add_literal(context_, Value::text(""), context_.common.text, node.span())};
        join.span = node.span();
        join.type = with_labels(context_.types(), context_.common.text, labels);
        return add_expr(context_, std::move(join));
    }

    ir::ExprId choice(ast::TemplateIf node) {
        ir::ExprId condition = expect_condition(body_, node.condition(), "a condition");
        ir::ExprId then_text = sequence();
        ir::ExprId else_text;
        if (at_ < parts_.size() && parts_[at_].kind == Part::Else) {
            ++at_;
            else_text = sequence();
        } else {
            else_text = add_literal(context_, Value::text(""), context_.common.text, node.span());
        }
        skip(Part::End);
        LabelSet labels = 0;
        for (auto id : {condition, then_text, else_text}) {
            if (!type_of(context_, id).has_value()) return add_mistake(context_, node.span());
            labels |= outer_labels(context_.types(), type_of(context_, id));
        }
        ir::Expr e;
        e.kind = ExprKind::If;
        e.a = condition;
        e.b = then_text;
        e.args = {else_text};
        e.span = node.span();
        e.type = with_labels(context_.types(), context_.common.text, labels);
        return add_expr(context_, std::move(e));
    }

    Body& body_;
    Context& context_;
    const Tree& tree_;
    Span span_;
    std::vector<TemplatePart> parts_;
    std::size_t at_ = 0;
};

}  // namespace

ir::ExprId check_template(Body& body, ast::Text text) {
    return Template(body, text).all();
}

ir::ExprId check_text(Body& body, ast::Text text) {
    return check_template(body, text);
}

}  // namespace weft::check

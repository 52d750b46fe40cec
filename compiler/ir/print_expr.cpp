#include <fmt/format.h>

#include "bytecode/image.h"
#include "compiler/ir/print.h"

namespace weft::ir {

namespace {

std::string_view builtin_name(std::uint32_t number) {
    switch (number) {
#define X(number_, Name, name, signature, summary) \
    case number_:                                  \
        return name;
#include "bytecode/builtins.def"
#undef X
        default:
            return "?";
    }
}

std::string_view list_name(ListOp op) {
    switch (op) {
        case ListOp::Map:
            return "map";
        case ListOp::Filter:
            return "filter";
        case ListOp::Any:
            return "any";
        case ListOp::All:
            return "all";
        case ListOp::Share:
            return "share";
        case ListOp::SortBy:
            return "sort_by";
        case ListOp::GroupBy:
            return "group_by";
        case ListOp::FlatMap:
            return "flat_map";
        case ListOp::Fold:
            return "fold";
    }
    return "?";
}

std::string_view sign(ExprKind kind) {
    switch (kind) {
        case ExprKind::Add:
            return "+";
        case ExprKind::Subtract:
            return "-";
        case ExprKind::Multiply:
            return "*";
        case ExprKind::Divide:
            return "/";
        case ExprKind::WholeDivide:
            return "div";
        case ExprKind::Remainder:
            return "%";
        case ExprKind::Equal:
            return "==";
        case ExprKind::NotEqual:
            return "!=";
        case ExprKind::Less:
            return "<";
        case ExprKind::LessEqual:
            return "<=";
        case ExprKind::Greater:
            return ">";
        case ExprKind::GreaterEqual:
            return ">=";
        case ExprKind::In:
            return "in";
        case ExprKind::And:
            return "and";
        case ExprKind::Or:
            return "or";
        case ExprKind::Coalesce:
            return "??";
        default:
            return "";
    }
}

class ExprPrinter {
  public:
    explicit ExprPrinter(const Module& module) : module_(module) {}

    std::string operator()(ExprId id) {
        if (!id.has_value()) return "nothing";
        const Expr& e = module_.exprs[id];
        if (auto infix = sign(e.kind); !infix.empty()) {
            return fmt::format("({} {} {})", (*this)(e.a), infix, (*this)(e.b));
        }
        switch (e.kind) {
            case ExprKind::Literal:
                return literal(e);
            case ExprKind::Local:
                return module_.locals[e.local].name;
            case ExprKind::Field:
                return field(e);
            case ExprKind::Index:
                return fmt::format("{}[{}]", (*this)(e.a), (*this)(e.b));
            case ExprKind::InRange:
                return fmt::format("({} in {}..{})", (*this)(e.a), (*this)(e.args[0]),
                                   (*this)(e.args[1]));
            case ExprKind::Record:
            case ExprKind::Case:
                return built(e);
            case ExprKind::List:
                return fmt::format("[{}]", list(e.args));
            case ExprKind::Map:
                return fmt::format("map[{}]", list(e.args));
            case ExprKind::CallFn:
                return fmt::format("{}({})", module_.fns[FnId{e.index}].name, list(e.args));
            case ExprKind::Builtin:
                return fmt::format("{}({})", builtin_name(e.index), list(e.args));
            case ExprKind::ListFn:
                return list_function(e);
            case ExprKind::Text:
                return fmt::format("text({})", list(e.args));
            case ExprKind::Prompt:
                return fmt::format("{}({})", module_.prompts[PromptId{e.index}].name, list(e.args));
            case ExprKind::Refine:
                return fmt::format("{}.from({})", module_.types.text(TypeId{e.index}),
                                   (*this)(e.a));
            case ExprKind::If:
                return fmt::format("(if {} then {} else {})", (*this)(e.a), (*this)(e.b),
                                   (*this)(e.args[0]));
            case ExprKind::CaseIs:
                return fmt::format("case_is({}, {})", (*this)(e.a), e.index);
            case ExprKind::CaseField:
                return fmt::format("case_field({}, {})", (*this)(e.a), e.index);
            case ExprKind::ErrorIs:
                return fmt::format("error_is({}, {})", (*this)(e.a), e.text);
            case ExprKind::ThisRun:
                return "this_run";
            case ExprKind::Let:
                return fmt::format("(let {} = {} in {})", module_.locals[e.local].name,
                                   (*this)(e.a), (*this)(e.b));
            default:
                return fmt::format("{}({})", unary(e.kind), (*this)(e.a));
        }
    }

  private:
    static std::string_view unary(ExprKind kind) {
        switch (kind) {
            case ExprKind::Not:
                return "not";
            case ExprKind::Negate:
                return "negate";
            case ExprKind::ToDecimal:
                return "decimal";
            case ExprKind::ToText:
                return "to_text";
            case ExprKind::IsNone:
                return "is_none";
            case ExprKind::Unwrap:
                return "unwrap";
            default:
                return "?";
        }
    }

    std::string list(const std::vector<ExprId>& ids) {
        std::string out;
        for (auto id : ids) {
            if (!out.empty()) out += ", ";
            out += (*this)(id);
        }
        return out;
    }

    std::string literal(const Expr& e) {
        if (e.value.is_none() || !e.type.has_value()) return "none";
        return to_json(module_.types, e.type, e.value);
    }

    std::string field(const Expr& e) {
        TypeId base = module_.exprs[e.a].type;
        std::string name = fmt::to_string(e.index);
        if (base.has_value()) {
            const auto& fields = module_.types[module_.types.base(base)].fields;
            if (e.index < fields.size()) name = fields[e.index].name;
        }
        return fmt::format("{}.{}", (*this)(e.a), name);
    }

    std::string built(const Expr& e) {
        if (!e.type.has_value()) return "?";
        const Type& type = module_.types[module_.types.base(e.type)];
        const std::string& name = e.kind == ExprKind::Case && e.index < type.cases.size()
                                      ? type.cases[e.index].name
                                      : type.name;
        return fmt::format("{}({})", name, list(e.args));
    }

    std::string list_function(const Expr& e) {
        const Lambda& lambda = module_.lambdas[LambdaId{e.index}];
        std::string names;
        for (auto local : lambda.parameters) {
            if (!names.empty()) names += ", ";
            names += module_.locals[local].name;
        }
        return fmt::format("{}({}{}{}, ({}) => {})", list_name(e.list_op), (*this)(e.a),
                           e.b.has_value() ? ", " : "", e.b.has_value() ? (*this)(e.b) : "", names,
                           (*this)(lambda.body));
    }

    const Module& module_;
};

}  // namespace

std::string print_expr(const Module& module, ExprId expr) {
    return ExprPrinter(module)(expr);
}

}  // namespace weft::ir

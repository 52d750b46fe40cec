// Refinements: `where length in 1..80 and matches(/…/)` as constraints that boundaries, schemas and
// the checker can read, and anything else as a predicate that the machine evaluates.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/expressions.h"
#include "compiler/check/types.h"

namespace weft::check {

namespace {

enum class Subject { Other, It, Length };

Subject subject_of(ast::Expr expr) {
    expr = expr.bare();
    if (!expr) return Subject::Other;
    if (expr.text() == "it") return Subject::It;
    if (expr.text() == "length" || expr.text() == "it.length") return Subject::Length;
    return Subject::Other;
}

bool has_length(TypeKind kind) {
    return kind == TypeKind::Text || kind == TypeKind::List || kind == TypeKind::Map ||
           kind == TypeKind::Bytes;
}

class Refining {
  public:
    Refining(Context& context, ModuleId module, TypeId base)
        : context_(context), module_(module), base_(base), kind_(kind_of(context, base)) {}

    std::vector<Constraint> constraints;
    bool is_broken = false;  // a condition has a mistake, which was reported

    void add(ast::Expr condition) {
        condition = condition.bare();
        if (!condition) return;
        auto binary = condition.as<ast::Binary>();
        if (binary && binary.op() == Operator::And) {
            add(binary.left());
            add(binary.right());
            return;
        }
        if (binary && bound(binary)) return;
        if (auto call = condition.as<ast::Call>(); call && pattern(call)) return;
        predicate(condition);
    }

    void require_satisfiable(Span span) {
        for (auto kind : {Constraint::Kind::Length, Constraint::Kind::Range}) {
            std::optional<Decimal> min;
            std::optional<Decimal> max;
            auto all = constraints_of(context_, base_);
            all.insert(all.end(), constraints.begin(), constraints.end());
            for (const auto& c : all) {
                if (c.kind != kind) continue;
                if (c.min && (!min || Decimal::compare(*c.min, *min) > 0)) min = c.min;
                if (c.max && (!max || Decimal::compare(*c.max, *max) < 0)) max = c.max;
            }
            if (min && max && Decimal::compare(*min, *max) > 0) {
                context_.report(DiagnosticCode::UnsatisfiableRefinement, span,
                                fmt::format("no value is at least {} and at most {}",
                                            min->to_string(), max->to_string()));
            }
        }
    }

  private:
    std::optional<Decimal> number(ast::Expr expr, Subject subject) {
        Body body{.context = context_, .module = module_};
        bool is_length = subject == Subject::Length;
        TypeId wanted = is_length ? context_.common.integer : base_of(context_, base_);
        ir::ExprId id = expect_expr(body, expr, wanted, "a bound");
        auto value = known_value(context_, id);
        return value ? number_in(*value) : std::nullopt;
    }

    // `it >= 1`, `length in 1..80`. False when it is neither.
    bool bound(ast::Binary binary) {
        Subject subject = subject_of(binary.left());
        bool applies = (subject == Subject::Length && has_length(kind_)) ||
                       (subject == Subject::It && is_number(kind_));
        if (!applies) return false;
        Constraint c;
        c.kind = subject == Subject::Length ? Constraint::Kind::Length : Constraint::Kind::Range;
        auto range = binary.right().bare().as<ast::Binary>();
        if (binary.op() == Operator::In && range && range.op() == Operator::Range) {
            c.min = number(range.left(), subject);
            c.max = number(range.right(), subject);
            constraints.push_back(c);
            return true;
        }
        bool lower = binary.op() == Operator::Greater || binary.op() == Operator::GreaterEqual;
        bool upper = binary.op() == Operator::Less || binary.op() == Operator::LessEqual;
        if (!lower && !upper && binary.op() != Operator::Equal) return false;
        auto n = number(binary.right(), subject);
        if (!upper) c.min = n;
        if (!lower) c.max = n;
        c.min_open = binary.op() == Operator::Greater;
        c.max_open = binary.op() == Operator::Less;
        constraints.push_back(c);
        return true;
    }

    bool pattern(ast::Call call) {
        if (call.callee().text() != "matches" || kind_ != TypeKind::Text) return false;
        auto arguments = call.arguments();
        auto regex =
            arguments.size() == 1 ? arguments[0].value().bare().as<ast::Regex>() : ast::Regex();
        if (!regex) {
            context_.report(DiagnosticCode::ArgumentMismatch, call.span(),
                            "`matches` takes one pattern: `matches(/[a-z]+/)`");
            return true;
        }
        Constraint c;
        c.kind = Constraint::Kind::Matches;
        c.pattern = regex.pattern();
        constraints.push_back(c);
        return true;
    }

    // `length` and `matches` of what has none; told here, since nothing else has these names.
    bool is_of_another_type(ast::Expr condition) {
        auto first = condition.bare();
        while (auto binary = first.as<ast::Binary>()) first = binary.left().bare();
        auto call = first.as<ast::Call>();
        const auto name = call ? call.callee().text() : first.text();
        const bool is_length = name == "length" && !call && !has_length(kind_);
        const bool is_pattern = name == "matches" && call && kind_ != TypeKind::Text;
        if (kind_ == TypeKind::Record || (!is_length && !is_pattern)) return false;
        auto& d = context_.report(
            DiagnosticCode::TypeMismatch, first.span(),
            fmt::format("`{}` is of a {}, but this refines a {}", name,
                        name == "length" ? "Text, List or Map" : "Text", context_.text(base_)));
        if (is_number(kind_)) d.help = "the number itself is `it`: `where it in 0..10`";
        return true;
    }

    void predicate(ast::Expr condition) {
        if (is_of_another_type(condition)) {
            is_broken = true;
            return;
        }
        Body body{.context = context_, .module = module_};
        ir::LocalId it = body.declare("it", base_, condition.span());
        // A record's fields may stand alone: each is a name for `it.field`.
        struct FieldName {
            ir::LocalId local;
            std::uint32_t number;
        };
        std::vector<FieldName> fields;
        Type base = context_.types()[base_of(context_, base_)];
        if (base.kind == TypeKind::Record) {
            for (std::uint32_t i = 0; i < base.fields.size(); ++i) {
                fields.push_back(
                    {body.declare(base.fields[i].name, base.fields[i].type, condition.span()), i});
            }
        }
        ir::ExprId holds = expect_condition(body, condition, "a refinement");
        if (!type_of(context_, holds).has_value()) is_broken = true;
        for (const auto& field : fields) {
            if (!context_.used_locals[field.local.index]) continue;
            ir::Expr let;
            let.kind = ir::ExprKind::Let;
            let.span = condition.span();
            let.type = context_.common.boolean;
            let.local = field.local;
            let.a = add_field(body, add_local_ref(body, it, condition.span()), field.number,
                              context_.module.locals[field.local].type, condition.span());
            let.b = holds;
            holds = add_expr(context_, std::move(let));
        }
        Constraint c;
        c.kind = Constraint::Kind::Function;
        c.function = static_cast<std::uint32_t>(context_.module.predicates.size());
        context_.module.predicates.push_back({it, holds});
        constraints.push_back(c);
    }

    Context& context_;
    ModuleId module_;
    TypeId base_;
    TypeKind kind_;
};

}  // namespace

TypeId refine_type(Context& context, ModuleId module, TypeId base, ast::Expr condition,
                   std::string name, std::string doc) {
    if (!base.has_value() || !condition) return base;
    Refining refining(context, module, base);
    refining.add(condition);
    // What a condition with a mistake would refuse is not known: nothing more is said about it.
    if (refining.is_broken) return base;
    refining.require_satisfiable(condition.span());
    Type t;
    t.kind = TypeKind::Refined;
    t.name = std::move(name);
    t.doc = std::move(doc);
    t.element = base;
    t.constraints = std::move(refining.constraints);
    return context.types().add(std::move(t));
}

}  // namespace weft::check

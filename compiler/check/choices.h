// if, if let and match, as expressions and as statements alike: patterns, and what they leave open.
#pragma once

#include <vector>

#include "compiler/check/expressions.h"

namespace weft::check {

// A pattern against a value: when it fits, and the names that it makes.
struct PatternNames {
    ir::LocalId local;
    ir::ExprId value;
};
struct CheckedPattern {
    ir::ExprId condition;  // none: always fits
    std::vector<PatternNames> names;
};

// The arms of one match, in order: names are declared by each call, in the scope that the caller
// has opened, and completeness is judged at the end.
class PatternMatch {
  public:
    PatternMatch(Body& body, ir::ExprId subject, Span span);
    CheckedPattern arm(ast::Arm arm);
    // Reports what no arm takes.
    void finish();

  private:
    CheckedPattern pattern(ast::Pattern pattern);
    CheckedPattern literal(ast::PatternLiteral pattern);
    CheckedPattern enum_case(ast::PatternCase pattern);
    CheckedPattern name(ast::PatternName pattern);
    void cover(Span span, std::string what);
    [[nodiscard]] ir::ExprId inner_subject(Span span);
    ir::ExprId boolean(ir::ExprKind kind, Span span, ir::ExprId a, ir::ExprId b = {});

    Body& body_;
    Context& context_;
    ir::ExprId subject_;
    Span span_;
    TypeId inner_;  // without labels, refinement and `?`
    LabelSet labels_ = 0;
    bool is_optional_ = false;
    bool takes_all_ = false;
    bool has_mistake_ = false;  // in an arm, which may be the one that is missing
    std::vector<std::string> covered_;
};

// The common type of branches, literals adapted; reports when there is none.
TypeId join_branches(Body& body, std::vector<ir::ExprId>& branches, Span span);
// `value` as a T when it is a T?; reports and gives a mistake otherwise.
struct IfLetParts {
    ir::LocalId held;  // the value, before it is known
    ir::ExprId held_value;
    ir::ExprId condition;  // it is there
    ir::ExprId unwrapped;  // it, as T
};
IfLetParts check_if_let(Body& body, ast::IfLet node);

}  // namespace weft::check

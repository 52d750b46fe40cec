// Expressions, texts, types and patterns.
#pragma once

#include "grammar/rules_recover.h"

namespace weft::grammar {

// --- types

// `List[Int]`
struct square_habit : custom<square_habit> {
    static bool read(Input& in, Context& c);
};
// `List<Text where length in 1..9>`
struct inner_where : custom<inner_where> {
    static bool read(Input& in, Context& c);
};
struct type_argument : peg::seq<type, peg::opt<inner_where>> {};
struct type_arguments : peg::sor<bracketed<"<", ">", type_argument, "a type">,
                                 peg::seq<square_habit, bracketed<"[", "]", type, "a type">>> {};
struct type_name : node<NodeKind::TypeName, expect<path, "a type">, peg::opt<type_arguments>> {};
struct type_start : custom<type_start, peg::success> {
    // A type begins with a word that is not reserved; `length` in a `where` is not one.
    static bool read(Input& in, Context& c) {
        Context::NameRole role = Context::NameRole::AfterDot;
        Offset at = position(in, c);
        Offset end = c.match_name(at, role);
        if (end == kNoMatch) return false;
        ++c.quiet;
        bool free = c.match_name(at, Context::NameRole::Value) != kNoMatch;
        --c.quiet;
        return free;
    }
};
struct type_rule : custom<type_rule, type_name, w<"where">, must_expr> {
    static bool read(Input& in, Context& c);
};

// --- text

struct hole_end : expect<p<"}">, "`}`"> {};
struct each_directive : peg::seq<must_value_name, expect_word<"in">, must_expr> {};
struct text_rule : custom<text_rule, must_expr, each_directive> {
    static bool read(Input& in, Context& c);
};

// --- operands

struct literal : custom<literal> {
    static bool read(Input& in, Context& c) {
        return advance(in, c, c.match_literal(position(in, c)));
    }
};
struct regex : custom<regex> {
    static bool read(Input& in, Context& c) {
        return advance(in, c, c.match_regex(position(in, c)));
    }
};
struct list : node<NodeKind::List, bracketed<"[", "]", expression, "an expression">> {};
struct map_entry : node<NodeKind::MapEntry, expression, expect<p<":">, "`:`">, soft, must_expr> {};
struct map : node<NodeKind::Map, bracketed<"{", "}", map_entry, "an entry">> {};
struct paren_close : expect<p<")">, "`)`"> {};
struct paren : node<NodeKind::Paren, p<"(">, free_lines<must_expr, paren_close>> {};

struct at_type_value : custom<at_type_value, peg::success> {
    static bool read(Input& in, Context& c) {
        return c.match_type_value_start(position(in, c)) != kNoMatch;
    }
};
struct type_value : node<NodeKind::TypeValue, at_type_value, type_name> {};

struct free_name : custom<free_name> {
    // Both cases: a value, or a type, case or error.
    static bool read(Input& in, Context& c) {
        Offset at = position(in, c);
        bool upper = scan::is_upper(scan::at(c.text(), c.skip(at)));
        return advance(
            in, c, c.match_name(at, upper ? Context::NameRole::Type : Context::NameRole::Value));
    }
};
struct name_ref : node<NodeKind::NameRef, free_name> {};

// What others write in the place of a value: `'text'`, `$5`, `new Order(…)`.
struct foreign_operand_rule : custom<foreign_operand_rule> {
    static bool read(Input& in, Context& c);
};
struct primary : peg::sor<text, foreign_operand_rule, literal, type_value, name_ref, paren, list,
                          map, regex, control_operand> {};

// --- calls

struct at_lambda : custom<at_lambda, peg::success> {
    static bool read(Input& in, Context& c) { return c.at_lambda(position(in, c)); }
};
struct lambda_names : peg::sor<bracketed<"(", ")", value_name, "a name">, value_name> {};
struct lambda : node<NodeKind::Lambda, at_lambda, lambda_names, p<"=>">, soft, must_expr> {};
// A name and a `:` come next: a rule that makes nodes must not fail after the first of them.
struct colon_ahead : custom<colon_ahead, peg::success> {
    static bool read(Input& in, Context& c) {
        Offset at = c.skip(position(in, c));
        Offset end = scan::word_end(c.text(), at);
        return end > at && c.match_punct(end, ":") != kNoMatch;
    }
};
struct argument_name : peg::seq<colon_ahead, key_name, p<":">, soft> {};
// `name = value` is a habit of others.
struct argument_habit : custom<argument_habit, key_name> {
    static bool read(Input& in, Context& c);
};
struct argument_value : peg::sor<lambda, expect<expression, "an expression", Insert::MissingExpr>> {
};
struct argument : node<NodeKind::Argument,
                       peg::sor<peg::seq<peg::sor<argument_name, argument_habit>, argument_value>,
                                lambda, expression>> {};
struct argument_list : bracketed<"(", ")", argument, "an argument"> {};
struct field : peg::seq<p<".">, expect<any_name, "a name">> {};
struct index : peg::seq<p<"[">, free_lines<must_expr, expect<p<"]">, "`]`">>> {};

// Precedence climbing: one level of calls for all operators, so that deep nesting stays cheap.
struct expression_rule : custom<expression_rule, primary, peg::star<argument_list>> {
    static bool read(Input& in, Context& c) { return climb(in, c, 1); }
    static bool climb(Input& in, Context& c, int lowest);
    static bool postfix(Input& in, Context& c);
    static bool ternary(Input& in, Context& c, const Context::Mark& mark);
    static bool between(Input& in, Context& c, const Context::Mark& mark, int lowest);
    static bool lost_suffix(Input& in, Context& c, const Context::Mark& mark);
    static bool lost_braces(Input& in, Context& c, const Context::Mark& mark);
};

}  // namespace weft::grammar

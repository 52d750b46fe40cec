// The grammar itself: no rule may loop without progress or recurse on its left, told by PEGTL's
// analysis.
#include <gtest/gtest.h>

#include <tao/pegtl/contrib/analyze.hpp>

#include "grammar/rules_decl.h"
#include "grammar/rules_expr.h"
#include "grammar/rules_test.h"

namespace weft::grammar {

// How the rules in plain code look to the analysis. One without parts is a token.
template <typename Rule>
concept IsCustom = requires { typename Rule::custom_tag; };

}  // namespace weft::grammar

namespace tao::pegtl {

template <typename Rule, typename Subs>
struct custom_traits : analyze_any_traits<> {};
template <typename Rule, typename First, typename... Rest>
struct custom_traits<Rule, type_list<First, Rest...>> : analyze_seq_traits<First, Rest...> {};

template <typename Name, weft::grammar::IsCustom Rule>
struct analyze_traits<Name, Rule> : custom_traits<Rule, typename Rule::subs_t> {};

// The calls between the parts of the grammar, which stand in files of their own.
template <typename Name>
struct analyze_traits<Name, weft::grammar::expression>
    : analyze_seq_traits<weft::grammar::expression_rule> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::tight_expression>
    : analyze_seq_traits<weft::grammar::expression_rule> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::type> : analyze_seq_traits<weft::grammar::type_rule> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::arguments>
    : analyze_seq_traits<weft::grammar::argument_list> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::text>
    : analyze_seq_traits<weft::grammar::p<"\"">, opt<weft::grammar::expression>> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::prompt_text>
    : analyze_seq_traits<weft::grammar::p<"\"">, opt<weft::grammar::expression>> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::block>
    : analyze_seq_traits<weft::grammar::p<"{">, opt<weft::grammar::statement>,
                         weft::grammar::p<"}">> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::control_operand>
    : analyze_sor_traits<weft::grammar::if_let, weft::grammar::if_plain,
                         weft::grammar::match_rule> {};
template <typename Name>
struct analyze_traits<Name, weft::grammar::statement>
    : analyze_sor_traits<weft::grammar::work_statement, weft::grammar::test_statement,
                         weft::grammar::expr_stmt> {};

}  // namespace tao::pegtl

namespace weft::grammar {
namespace {

TEST(Rules, EveryLoopMakesProgress) {
    EXPECT_EQ(peg::analyze<declaration_rule>(1), 0U);
    EXPECT_EQ(peg::analyze<expression_rule>(1), 0U);
    EXPECT_EQ(peg::analyze<statement>(1), 0U);
    EXPECT_EQ(peg::analyze<type>(1), 0U);
}

// The analysis is worth something only when it can find fault.
struct left_recursive : peg::sor<peg::seq<left_recursive, p<"+">>, p<"x">> {};
struct endless : peg::star<peg::opt<p<"x">>> {};

TEST(Rules, TheAnalysisFindsFaults) {
    EXPECT_GT(peg::analyze<left_recursive>(0), 0U);
    EXPECT_GT(peg::analyze<endless>(0), 0U);
}

}  // namespace
}  // namespace weft::grammar

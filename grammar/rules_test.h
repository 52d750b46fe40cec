// The statements that only tests and evals have. Their words are free elsewhere, so each counts
// only where a name or text follows it.
#pragma once

#include "grammar/rules_stmt.h"

namespace weft::grammar {

struct mock_times : node<NodeKind::Times, peg::not_at<peg::sor<w<"then">, w<"after">>>,
                         peg::sor<count_habit, peg::seq<expression, must_times>>> {};
// A number that is no value itself: `returns "x" 2 times`.
struct count_ahead : custom<count_ahead, peg::success> {
    static bool read(Input& in, Context& c) {
        return scan::is_digit(scan::at(c.text(), c.skip(position(in, c))));
    }
};
struct opt_mock_times : peg::opt<count_ahead, mock_times> {};
// `returns` alone: what a worker gives that gives nothing.
struct no_answer : custom<no_answer, peg::success> {
    static bool read(Input& in, Context& c) {
        Offset at = c.skip(position(in, c));
        char next = scan::at(c.text(), at);
        auto word = scan::word(c.text(), at);
        if (next == '\0' || next == '\n' || next == '}' || scan::starts(c.text(), at, "//") ||
            word == "then" || word == "after") {
            return true;
        }
        // `returns 2 times`: nothing, twice.
        auto behind = scan::word(c.text(), c.skip(scan::token(c.text(), at)));
        return scan::is_digit(next) && (behind == "times" || behind == "time");
    }
};
struct mock_returns : node<NodeKind::MockReturns, peg::sor<w<"returns">, w<"return">>,
                           peg::sor<peg::seq<no_answer, opt_mock_times, peg::opt<after>>,
                                    peg::seq<must_expr, opt_mock_times, peg::opt<after>>>> {};
struct upper_expression : custom<upper_expression, expression> {
    static bool read(Input& in, Context& c) {
        std::uint32_t begin = c.skip(position(in, c));
        std::uint32_t end = scan::word_end(c.text(), begin);
        // An error of another module has that in front: `docs.Scanned`.
        bool is_path = end > begin && scan::at(c.text(), end) == '.';
        char first = scan::at(c.text(), is_path ? end + 1 : begin);
        return (scan::is_upper(first) || first == '"') && parse_rule<expression>(in, c);
    }
};
struct mock_fails : node<NodeKind::MockFails, peg::sor<w<"fails">, w<"fail">>, peg::opt<w<"with">>,
                         peg::opt<upper_expression>, peg::opt<mock_times>, peg::opt<after>> {};
struct mock_times_out : node<NodeKind::MockTimesOut, peg::sor<w<"times">, w<"time">>,
                             expect_word<"out">, peg::opt<mock_times>> {};
struct mock_then_value : node<NodeKind::MockReturns, expression, opt_mock_times, peg::opt<after>> {
};
struct mock_action : peg::sor<mock_returns, mock_fails, mock_times_out> {};
struct mock_next : peg::seq<w<"then">, peg::sor<mock_action, mock_then_value>> {};
struct mock_target : node<NodeKind::MockTarget, peg::opt<word_node<"step">>, value_path> {};
struct mock : node<NodeKind::Mock, soft_lead<"mock">,
                   expect<items<mock_target, "a worker or a step">, "a worker or a step">,
                   expect<mock_action, "`returns`, `fails` or `times out`">, peg::star<mock_next>> {
};

struct act_as : node<NodeKind::ActAs, w<"as">, must_tight> {};
struct act_in : expr_part<NodeKind::ActIn, w<"in">> {};
struct verdict : peg::sor<word_node<"approve">, word_node<"reject">, word_node<"revise">> {};
struct decision : node<NodeKind::Decision, verdict, peg::opt<with_list>, peg::opt<p<",">>,
                       peg::opt<expression>> {};
struct decide
    : node<NodeKind::Decide, soft_lead<"decide">, must_value_name,
           expect<act_as, "`as` and a person">, expect<act_in, "`in` and a role">, peg::opt<after>,
           expect<p<":">, "`:`">, soft, expect<decision, "`approve`, `reject` or `revise`">> {};

struct send : node<NodeKind::Send, soft_lead<"send">, must_value_name, peg::opt<arguments>,
                   peg::opt<after>> {};
struct crash
    : node<NodeKind::Crash, soft_lead<"crash">,
           expect<peg::sor<word_node<"after">, word_node<"before">>, "`after` or `before`">,
           must_path> {};
// What is expected may also begin with a bracket: `expect (a ?? b) == c`, `expect [1] == xs`.
template <Fixed Word>
struct expect_lead : custom<expect_lead<Word>> {
    static bool read(Input& in, Context& c) {
        Offset end = c.match_lead(position(in, c), Word.view());
        if (end == kNoMatch) return false;
        Offset next = scan::skip_blanks(c.text(), end);
        char first = scan::at(c.text(), next);
        bool begins = scan::is_word_char(first) ||
                      std::string_view("\"-([{").find(first) != std::string_view::npos;
        return next > end && begins && first != '\0' && advance(in, c, end);
    }
};
struct expect_rule
    : node<NodeKind::Expect, peg::sor<expect_lead<"expect">, expect_lead<"assert">>, condition> {};

struct score_name : peg::seq<named_ahead, value_name, equals, soft> {};
struct score : node<NodeKind::Score, soft_lead<"score">, peg::opt<score_name>, must_expr> {};
struct baseline : node<NodeKind::Baseline, soft_lead<"baseline">,
                       expect<items<expression, "a value">, "the name of a file">> {};

struct test_statement : peg::sor<mock, decide, send, crash, expect_rule, score, baseline, costing> {
};

}  // namespace weft::grammar

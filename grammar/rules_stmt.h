// Statements and the clauses of a step.
#pragma once

#include "grammar/rules_recover.h"

namespace weft::grammar {

struct must_block : braced<statement, true, "a statement"> {};
struct must_block_node : node<NodeKind::Block, must_block> {};

// --- parts

struct within : expr_part<NodeKind::Within, w<"within">> {};
struct until : expr_part<NodeKind::Until, w<"until">> {};
struct deadline : peg::sor<within, until> {};
struct must_deadline : expect<deadline, "`within` and a duration"> {};
struct by : expr_part<NodeKind::By, w<"by">> {};
struct must_by : expect<by, "`by` and a role"> {};
// `1 time` reads better than `1 times`; both are right.
struct times_word : peg::sor<w<"times">, w<"time">> {};
struct must_times : expect<times_word, "`times`"> {};
// `twice`
struct count_habit : custom<count_habit> {
    static bool read(Input& in, Context& c);
};
struct number_of_times : peg::sor<count_habit, peg::seq<must_expr, must_times>> {};
struct up_to : node<NodeKind::UpTo, w<"up">, expect_word<"to">, must_expr, peg::opt<times_word>> {};
struct must_up_to : expect<up_to, "`up to N times`"> {};
struct after : expr_part<NodeKind::After, w<"after">> {};
struct was : node<NodeKind::Was, w<"was">, must_path> {};
struct upper_ahead : custom<upper_ahead, peg::success> {
    static bool read(Input& in, Context& c) {
        Offset at = c.skip(position(in, c));
        if (scan::is_upper(scan::at(c.text(), at))) return true;
        // mod.Case
        Offset end = scan::word_end(c.text(), at);
        return end > at && scan::at(c.text(), end) == '.' &&
               scan::is_upper(scan::at(c.text(), end + 1));
    }
};
// `on error (e)`: the name of an error in small letters.
struct error_habit : custom<error_habit> {
    static bool read(Input& in, Context& c);
};
struct error_name : peg::sor<peg::seq<upper_ahead, path>, error_habit> {};
struct errors : peg::seq<error_name, peg::star<p<",">, soft, error_name>> {};
// A name and a single `=` come next.
struct named_ahead : custom<named_ahead, peg::success> {
    static bool read(Input& in, Context& c);
};
struct must_errors : expect<errors, "the name of an error"> {};
struct equals : expect<p<"=">, "`=`"> {};
struct type_note : peg::seq<p<":">, must_type> {};
struct times : expr_part<NodeKind::Times> {};

struct else_if;
struct elif;
// `elif` and `elsif`, read as `else if`.
struct elif_habit : custom<elif_habit> {
    static bool read(Input& in, Context& c);
};
struct else_part : node<NodeKind::Else, w<"else">, peg::sor<else_if, must_block_node>> {};
struct elif_part : node<NodeKind::Else, elif_habit, elif> {};
struct opt_else : peg::opt<on_lines<peg::sor<else_part, elif_part>>> {};
struct must_else : expect<on_lines<else_part>, "`else` and a block"> {};

// --- clauses

struct when : node<NodeKind::When, lead<"when">, condition> {};
struct key : expr_part<NodeKind::Key, lead<"key">> {};
struct timeout : expr_part<NodeKind::Timeout, lead<"timeout">> {};
struct retry_on : node<NodeKind::RetryOn, w<"on">, must_errors> {};
struct backoff : node<NodeKind::Backoff, w<"backoff">, must_expr, expect_word<"to">, must_expr> {};
struct then_hold : node<NodeKind::ThenHold, w<"then">, expect_word<"hold">> {};
// A comma before `backoff` may be left out.
struct retry : node<NodeKind::Retry, lead<"retry">, number_of_times, peg::opt<retry_on>,
                    peg::opt<peg::opt<p<",">>, backoff>, peg::opt<peg::opt<p<",">>, then_hold>> {};
struct cache
    : node<NodeKind::Cache, lead<"cache">, must_expr, expect<by, "`by` and an expression">> {};
struct binder : peg::seq<p<"(">, must_value_name, expect<p<")">, "`)`">> {};
// `on Timeout e {`
struct binder_habit : custom<binder_habit, value_name> {
    static bool read(Input& in, Context& c);
};
struct hook_word : peg::sor<w<"retry">, w<"failure">> {};
struct on : node<NodeKind::On, lead<"on">, peg::not_at<hook_word>, must_errors,
                 peg::opt<peg::sor<binder, binder_habit>>, must_block_node> {};
struct must_reason : expect<peg::sor<text, quoted_text>, "the reason, a text"> {};
struct compensate_none : node<NodeKind::CompensateNone, w<"none">, must_reason> {};
// `compensate with w(…)`: a word that says nothing more. Each rule has the words of one place.
template <Fixed... Words>
struct idle_word : custom<idle_word<Words...>> {
    static bool read(Input& in, Context& c) {
        Offset at = c.skip(position(in, c));
        auto word = scan::word(c.text(), at);
        if (!((word == Words.view()) || ...)) return false;
        Offset end = scan::word_end(c.text(), at);
        Offset next = scan::skip_blanks(c.text(), end);
        if (!scan::is_word_char(scan::at(c.text(), next))) return false;
        c.report_idle(at, next, "what follows says it all");
        return advance(in, c, next);
    }
};
struct in_doubt : node<NodeKind::InDoubt, w<"even">, expect_word<"in">, expect_word<"doubt">> {};
struct compensate : node<NodeKind::Compensate, lead<"compensate">, peg::opt<in_doubt>,
                         peg::opt<idle_word<"with", "by", "using", "step", "call">>,
                         peg::sor<compensate_none, block, must_expr>> {};
struct until_line : expr_part<NodeKind::Until, soft_lead<"until">> {};
struct step_clause
    : peg::sor<when, key, timeout, within, until_line, retry, cache, on, compensate> {};
struct step_clauses : peg::star<on_lines<step_clause>> {};

// A clause of a workflow, and a line of an eval.
struct costing : node<NodeKind::Costing, soft_lead<"costing">, expect_word<"at">,
                      expect_word<"most">, must_expr> {};

// --- statements with a value

struct at_once : node<NodeKind::AtOnce, must_expr, expect_word<"at">, expect_word<"once">> {};
struct collecting : node<NodeKind::Collecting, w<"collecting">, expect_word<"errors">,
                         expect_word<"up">, expect_word<"to">, must_expr> {};
struct each_option : peg::sor<collecting, at_once> {};
struct each : node<NodeKind::Each, lead<"each">, must_value_name, expect_word<"in">, must_expr,
                   peg::star<comma_before<"0", "collecting">, soft, each_option>, must_block_node> {
};

struct join_first : node<NodeKind::JoinFirst, w<"first">, expect_word<"ok">> {};
struct join_settle : node<NodeKind::JoinSettle, w<"settle">> {};
struct join_count : node<NodeKind::JoinCount, expression, expect_word<"ok">> {};
struct at_brace : peg::at<p<"{">> {};
struct join : peg::sor<at_brace, join_first, join_settle, join_count, peg::success> {};
struct parallel : node<NodeKind::Parallel, lead<"parallel">, join, must_block_node> {};

// Without its bound it is a repeat all the same, and the checker asks for it.
struct repeat_bound
    : peg::sor<at_brace, peg::seq<expect<comma_before<"up">, "`,`">, soft, must_up_to>> {};
struct repeat : node<NodeKind::Repeat, lead<"repeat">, must_value_name, peg::opt<type_note>, equals,
                     must_expr, repeat_bound, must_block_node, must_else> {};

struct if_let : node<NodeKind::IfLet, lead<"if">, w<"let">, must_value_name, equals, must_expr,
                     must_block_node, opt_else> {};
struct if_plain : node<NodeKind::If, lead<"if">, condition, must_block_node, opt_else> {};
struct elif : node<NodeKind::If, condition, must_block_node, opt_else> {};
struct else_if : peg::sor<if_let, if_plain> {};

// --- match

// A literal in the place of a field's name: read as a name, so that the arm stays whole.
struct pattern_value : custom<pattern_value> {
    static bool read(Input& in, Context& c);
};
struct pattern_field : peg::sor<value_name, pattern_value> {};
struct pattern_names : bracketed<"(", ")", pattern_field, "a name"> {};
struct pattern_case : node<NodeKind::PatternCase, upper_ahead, path, peg::opt<pattern_names>> {};
struct wildcard : custom<wildcard> {
    static bool read(Input& in, Context& c);
};
struct pattern_any : node<NodeKind::PatternAny, wildcard> {};
struct pattern_name : node<NodeKind::PatternName, value_name> {};
struct pattern_literal : node<NodeKind::PatternLiteral, expression> {};
struct pattern : peg::sor<pattern_any, pattern_case, pattern_name, pattern_literal> {};
struct patterns : peg::seq<pattern, peg::star<p<"|">, soft, expect<pattern, "a pattern">>> {};
struct arm_body;
// `->` and `:` in the place of the arrow.
struct arrow : custom<arrow> {
    static bool read(Input& in, Context& c);
};
struct must_arrow : expect<arrow, "`=>`"> {};
// `case 1 =>`
struct case_word : custom<case_word> {
    static bool read(Input& in, Context& c);
};
struct arm : node<NodeKind::Arm, peg::opt<case_word>, patterns, must_arrow, soft, arm_body> {};
struct arms : braced<arm, true, "an arm: a pattern, `=>` and a value"> {};
struct match_rule : node<NodeKind::Match, lead<"match">, must_expr, arms> {};

// --- review, wait, run

struct needing : node<NodeKind::Needing, soft_lead<"needing">, must_expr,
                      expect<peg::sor<w<"approvals">, w<"approval">>, "`approvals`">> {};
struct must_people : expect<items<expression, "a person">, "a person"> {};
struct except : node<NodeKind::Except, soft_lead<"except">, must_people> {};
struct asking : node<NodeKind::Asking, soft_lead<"asking">, must_type> {};
struct overdue_to : peg::seq<by, must_deadline> {};
struct overdue : node<NodeKind::Overdue, soft_lead<"overdue">,
                      expect<peg::sor<word_node<"approve">, word_node<"reject">, overdue_to>,
                             "`approve`, `reject`, or `by` and a role">> {};
struct review_terms : peg::sor<needing, except, asking> {};
struct review_line : peg::sor<review_terms, overdue> {};
struct reviewed : expect<items<expression, "a value">, "a value"> {};
// Who decides by what terms may be said before or behind the time for it. The checker asks for the
// deadline: it can say of what it is one.
struct review
    : node<NodeKind::Review, lead<"review">, reviewed, must_by, peg::star<on_lines<review_terms>>,
           peg::opt<on_lines<deadline>>, peg::star<on_lines<review_line>>> {};

struct wait_arm
    : node<NodeKind::WaitArm, lead<"on">, must_value_name, peg::opt<binder>, must_block_node> {};
struct wait_arms : braced<wait_arm, true, "`on` and a signal"> {};
// `wait paid within 1d { on paid … }`: the arms name the signals.
struct named_twice : custom<named_twice> {
    static bool read(Input& in, Context& c);
};
struct wait_any : peg::seq<peg::opt<named_twice>, deadline, wait_arms, opt_else> {};
struct wait_one : peg::seq<peg::opt<idle_word<"for">>, must_value_name, must_deadline, opt_else> {};
struct wait : node<NodeKind::Wait, lead<"wait">, peg::sor<wait_any, wait_one>> {};

struct detached : custom<detached> {
    static bool read(Input& in, Context& c);
};
struct run : node<NodeKind::Run, lead<"run">, peg::opt<detached>, must_expr> {};

struct valued : peg::sor<each, parallel, repeat, if_let, if_plain, match_rule, review, wait, run> {
};

// --- step

// `name =`, `name was old =` or `name {`: what follows `step` is not a call yet.
struct step_name_ahead : custom<step_name_ahead, peg::success> {
    static bool read(Input& in, Context& c);
};
struct step_value : peg::sor<valued, must_expr> {};
// `step found: Int = …` and `step found: w(…)`
struct step_colon : custom<step_colon> {
    static bool read(Input& in, Context& c);
};
struct step_equals : peg::sor<step_colon, equals> {};
// `step done = …`: a word of the language in the place of a name.
struct reserved_name : custom<reserved_name> {
    static bool read(Input& in, Context& c);
};
struct named_step : peg::seq<step_name_ahead, peg::sor<value_name, reserved_name>, peg::opt<was>,
                             peg::sor<block, peg::seq<step_equals, soft, step_value>>> {};
// `step "found" = …`
struct quoted_name : custom<quoted_name> {
    static bool read(Input& in, Context& c);
};
struct quoted_step : peg::seq<quoted_name, equals, soft, step_value> {};
struct plain_step : peg::sor<valued, block, must_expr> {};
struct step : node<NodeKind::Step, lead<"step">, peg::sor<named_step, quoted_step, plain_step>,
                   step_clauses> {};

// --- plain statements

struct bound : peg::seq<must_value_name, peg::opt<type_note>, equals, soft, must_expr> {};
struct tune : node<NodeKind::Tune, lead<"tune">, bound> {};
// `let mut x = …`
struct mut_habit : custom<mut_habit> {
    static bool read(Input& in, Context& c);
};
struct let : node<NodeKind::Let, lead<"let">, peg::opt<mut_habit>, bound> {};
struct signal
    : node<NodeKind::Signal, lead<"signal">, must_value_name, peg::opt<was>, peg::opt<type_note>> {
};
struct fail : expr_part<NodeKind::Fail, lead<"fail">> {};
struct sleep_for : idle_word<"for"> {};
struct return_rule : node<NodeKind::Return, lead<"return">, peg::opt<expression>> {};
struct next : node<NodeKind::Next, lead<"next">, peg::opt<expression>> {};
struct done : node<NodeKind::Done, lead<"done">, peg::opt<expression>> {};
struct sleep
    : node<NodeKind::Sleep, lead<"sleep">, peg::opt<sleep_for>, peg::sor<until, must_expr>> {};
struct lock_keys : expect<items<expression, "a key">, "a key"> {};
struct lock : node<NodeKind::Lock, lead<"lock">, lock_keys, must_deadline, opt_else> {};
struct emit : node<NodeKind::Emit, lead<"emit">, must_value_name, expect<arguments, "`(`">> {};
struct expr_stmt : node<NodeKind::ExprStmt, expression> {};

// --- gate

struct require : node<NodeKind::Require, lead<"require">, condition> {};
struct with_one : node<NodeKind::With, named_ahead, value_name, equals, soft, must_expr> {};
struct with_list : peg::seq<with_one, peg::star<p<",">, soft, with_one>> {};
struct must_with : expect<with_list, "a name, `=` and a value"> {};
struct retry_from : node<NodeKind::RetryFrom, w<"retry">, expect_word<"from">, must_value_name,
                         peg::opt<w<"with">, must_with>, peg::opt<p<",">>, soft, must_up_to> {};
struct accept : node<NodeKind::Accept, w<"accept">, must_text> {};
struct rung : peg::sor<retry_from, review, fail, return_rule, accept, block> {};
struct otherwise : node<NodeKind::Otherwise, lead<"otherwise">,
                        expect<rung, "`retry from`, `review`, `fail`, `return`, `accept` or `{`">> {
};
struct gate_line : peg::seq<peg::sor<require, otherwise>, line_end> {};
struct gate_lines : braced<gate_line, true, "`require` or `otherwise`"> {};
struct gate : node<NodeKind::Gate, lead<"gate">, must_value_name, gate_lines> {};

// --- hooks

struct one_name : peg::seq<expect<p<"(">, "`(`">, must_value_name, expect<p<")">, "`)`">> {};
struct two_names : peg::seq<expect<p<"(">, "`(`">, must_value_name, expect<p<",">, "`,`">,
                            must_value_name, expect<p<")">, "`)`">> {};
struct before_step
    : node<NodeKind::BeforeStep, lead<"before">, w<"step">, one_name, must_block_node> {};
struct after_step
    : node<NodeKind::AfterStep, lead<"after">, w<"step">, two_names, must_block_node> {};
struct on_retry : node<NodeKind::OnRetry, lead<"on">, w<"retry">, two_names, must_block_node> {};
struct on_failure
    : node<NodeKind::OnFailure, lead<"on">, w<"failure">, peg::opt<binder>, must_block_node> {};
struct finally : node<NodeKind::Finally, lead<"finally">, must_block_node> {};
struct hook : peg::sor<before_step, after_step, on_retry, on_failure, finally> {};

struct work_statement : peg::sor<step, gate, valued, let, tune, signal, sleep, lock, emit, fail,
                                 return_rule, next, done, hook> {};
struct arm_statement : peg::sor<block, step, gate, review, wait, run, let, sleep, emit, fail,
                                return_rule, next, done> {};
struct arm_body : peg::seq<peg::sor<arm_statement, must_expr>, line_end> {};

}  // namespace weft::grammar

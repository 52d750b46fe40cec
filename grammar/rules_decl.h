// Declarations and the module.
#pragma once

#include "grammar/rules_stmt.h"

namespace weft::grammar {

struct must_key_name : expect<key_name, "a name"> {};
struct opt_default : peg::opt<p<"=">, soft, must_expr> {};
// `a?: Int` and `Int a`, as others have them.
struct optional_habit : custom<optional_habit> {
    static bool read(Input& in, Context& c);
};
struct type_first : custom<type_first> {
    static bool read(Input& in, Context& c);
};
struct param_name : peg::seq<key_name, peg::opt<optional_habit>> {};
struct param_decl
    : node<NodeKind::Param, param_name, expect<p<":">, "`:`">, must_type, opt_default> {};
struct param : peg::sor<type_first, param_decl> {};
struct params : bracketed<"(", ")", param, "a parameter"> {};
struct must_params : expect<params, "`(`"> {};
// `: T` behind the parameters is a habit of others.
struct result_habit : custom<result_habit> {
    static bool read(Input& in, Context& c);
};
struct result_type : peg::seq<peg::sor<p<"->">, result_habit>, must_type> {};

// --- types

struct json_name : node<NodeKind::JsonName, w<"as">, must_text> {};
struct field_decl : node<NodeKind::Field, param_name, expect<p<":">, "`:`">, must_type,
                         peg::opt<json_name>, opt_default> {};
// A comma at the end of a field's line is a habit; it is dropped, and the line ended.
struct comma_habit : custom<comma_habit> {
    static bool read(Input& in, Context& c);
};
struct field_line : peg::seq<peg::sor<type_first, field_decl>, peg::sor<comma_habit, line_end>> {};
struct fields : braced<field_line, true, "a field"> {};
// `} where …`: what is asked of the whole record is a type of its own.
struct where_habit : custom<where_habit> {
    static bool read(Input& in, Context& c);
};
struct record
    : node<NodeKind::Record, lead<"record">, must_upper_name, fields, peg::opt<where_habit>> {};
struct open_record : node<NodeKind::Record, word_node<"open">, w<"record">, must_upper_name, fields,
                          peg::opt<where_habit>> {};
struct error_fields : custom<error_fields> {
    static bool read(Input& in, Context& c);
};
struct error_decl
    : node<NodeKind::ErrorDecl, lead<"error">, must_upper_name, peg::sor<error_fields, fields>> {};
struct case_decl : node<NodeKind::Case, upper_name, peg::opt<params>> {};
struct case_line : peg::seq<case_decl, peg::sor<comma_habit, line_end>> {};
struct cases : braced<case_line, true, "a case"> {};
struct union_habit : custom<union_habit> {
    static bool read(Input& in, Context& c);
};
struct enum_decl
    : node<NodeKind::Enum, lead<"enum">, must_upper_name, peg::sor<union_habit, cases>> {};
struct type_alias : node<NodeKind::TypeAlias, lead<"type">, must_upper_name, equals, soft,
                         peg::sor<union_habit, must_type>> {};
struct const_decl : node<NodeKind::Const, lead<"const">, must_value_name, peg::opt<type_note>,
                         equals, soft, must_expr> {};

// --- use, fn, prompt

struct use : node<NodeKind::Use, lead<"use">, expect<peg::sor<text, path>, "a module">> {};
struct fn_block : custom<fn_block> {
    static bool read(Input& in, Context& c);
};
struct fn_body : peg::sor<fn_block, peg::seq<equals, soft, must_expr>> {};
struct fn
    : node<NodeKind::Fn, lead<"fn">, must_value_name, must_params, peg::opt<result_type>, fn_body> {
};
struct section_role : peg::sor<word_node<"system">, word_node<"user">, word_node<"assistant">> {};
struct section_text : expect<peg::sor<prompt_text, quoted_text>, "a text"> {};
struct section : node<NodeKind::PromptSection, section_role, section_text> {};
struct section_line : peg::seq<section, line_end> {};
struct sections : braced<section_line, true, "`system` or `user`"> {};
struct prompt : node<NodeKind::Prompt, lead<"prompt">, must_value_name, must_params,
                     peg::opt<result_type>, sections> {};

// --- worker

struct effect_class : peg::sor<peg::seq<word_node<"idempotent">, expect_word<"for">, must_expr>,
                               word_node<"read">, word_node<"once">, word_node<"transaction">> {};
struct effect_flag : peg::sor<word_node<"irreversible">, word_node<"untrusted">> {};
struct must_flag : expect<effect_flag, "`irreversible` or `untrusted`"> {};
struct effect : node<NodeKind::Effect, soft_lead<"effect">,
                     expect<effect_class, "`read`, `idempotent for`, `once` or `transaction`">,
                     peg::star<comma_before<"irreversible", "untrusted">, soft, must_flag>> {};
struct settles : peg::seq<comma_before<"settles">, soft, expect_word<"settles">, expect_word<"in">,
                          must_expr> {};
struct probe : node<NodeKind::Probe, soft_lead<"probe">, must_path, peg::opt<settles>> {};
struct fails : node<NodeKind::Fails, soft_lead<"fails">, must_errors> {};
struct breaker
    : node<NodeKind::Breaker, soft_lead<"breaker">, expect_word<"opens">, expect_word<"after">,
           must_expr, expect_word<"failures">, expect_word<"in">, must_expr,
           expect<comma_before<"for">, "`,`">, expect_word<"for">, must_expr> {};
struct rate : node<NodeKind::Rate, must_expr, w<"per">, must_expr> {};
struct limit_part : peg::sor<rate, at_once> {};
struct limit : node<NodeKind::Limit, soft_lead<"limit">, peg::list<limit_part, p<",">>> {};
struct costs : expr_part<NodeKind::Costs, soft_lead<"costs">> {};
struct worker_clause : peg::sor<effect, probe, fails, timeout, retry, breaker, limit, costs> {};
struct type_param : node<NodeKind::TypeParam, upper_name> {};
struct type_params : bracketed<"<", ">", type_param, "a type parameter"> {};
// Words of clauses are stop words, so junk on a clause's line ends there.
template <typename Clause>
struct clause_lines : peg::star<on_lines<Clause, line_end>> {};
struct clause_colon : custom<clause_colon> {
    static bool read(Input& in, Context& c);
};
struct worker_lines : peg::star<peg::sor<clause_colon, on_lines<worker_clause, line_end>>> {};
struct worker_brace : custom<worker_brace> {
    static bool read(Input& in, Context& c);
};
struct worker
    : node<NodeKind::Worker, lead<"worker">, must_path, peg::opt<type_params>, must_params,
           peg::opt<result_type>, peg::opt<was>, peg::sor<worker_brace, worker_lines>> {};

// --- workflow

struct retain : expr_part<NodeKind::Retain, soft_lead<"retain">> {};
struct subject : expr_part<NodeKind::Subject, soft_lead<"subject">> {};
struct strict_order : node<NodeKind::StrictOrder, lead<"compensate">, expect_word<"in">,
                           expect_word<"strict">, expect_word<"order">> {};
struct header_clause
    : peg::sor<within, until_line, costing, retain, key, subject, timeout, retry, strict_order> {};
// `{` may stand on the line of the last clause.
struct header_end : peg::sor<peg::at<p<"{">>, line_end> {};
struct header : peg::star<on_lines<header_clause, header_end>> {};
struct workflow : node<NodeKind::Workflow, lead<"workflow">, must_value_name, must_params,
                       peg::opt<result_type>, header, lines, must_block_node> {};

// --- tests, evals, schedules, migrations

struct test : node<NodeKind::Test, lead<"test">, must_text, must_block_node> {};
struct case_type : peg::seq<w<"of">, must_type> {};
struct eval_line : peg::sor<peg::seq<require, line_end>, statement> {};
struct eval_lines : node<NodeKind::Block, braced<eval_line, true, "a statement">> {};
struct eval : node<NodeKind::Eval, lead<"eval">, must_value_name, expect_word<"on">, must_text,
                   peg::opt<case_type>, eval_lines> {};
struct migrate : node<NodeKind::Migrate, lead<"migrate">, must_value_name, expect_word<"from">,
                      must_text, must_block_node> {};
struct schedule_at : node<NodeKind::ScheduleAt, w<"at">, must_tight> {};
// `at "06:00", "18:00"`
struct text_ahead : custom<text_ahead, peg::success> {
    static bool read(Input& in, Context& c) {
        return scan::at(c.text(), c.skip(position(in, c))) == '"';
    }
};
struct schedule_also : node<NodeKind::ScheduleAt, text_ahead, must_tight> {};
struct schedule_every : node<NodeKind::ScheduleEvery, w<"every">, must_tight> {};
struct schedule_in : expr_part<NodeKind::ScheduleIn, w<"in">> {};
struct overlap_word : expect<peg::sor<word_node<"skip">, word_node<"queue">, word_node<"allow">>,
                             "`skip`, `queue` or `allow`"> {};
struct overlap : node<NodeKind::Overlap, w<"overlap">, overlap_word> {};
struct catch_up : node<NodeKind::CatchUp, w<"catch">, expect_word<"up">, must_expr> {};
struct schedule_clause : peg::sor<schedule_at, schedule_every, schedule_in, overlap, catch_up> {};
// `daily at "06:00"`, `hourly`, `every hour`, `cron "…"`
struct schedule_habit : custom<schedule_habit> {
    static bool read(Input& in, Context& c);
};
struct schedule_clauses
    : peg::star<peg::sor<peg::seq<p<",">, soft, peg::sor<schedule_clause, schedule_also>>,
                         schedule_habit, on_lines<schedule_clause>>> {};
struct schedule : node<NodeKind::Schedule, lead<"schedule">, must_value_name, expect_word<"runs">,
                       must_expr, schedule_clauses> {};

struct declaration_rule
    : peg::sor<use, record, open_record, enum_decl, type_alias, const_decl, error_decl, fn, prompt,
               worker, workflow, test, eval, schedule, migrate> {};

// A declaration whose first word is missing, told by what follows.
struct bare_workflow : node<NodeKind::Workflow, must_value_name, must_params, peg::opt<result_type>,
                            header, lines, must_block_node> {};
struct bare_prompt
    : node<NodeKind::Prompt, must_value_name, must_params, peg::opt<result_type>, sections> {};
struct bare_fn : node<NodeKind::Fn, must_value_name, must_params, peg::opt<result_type>, equals,
                      soft, must_expr> {};
struct bare_worker : node<NodeKind::Worker, must_path, peg::opt<type_params>, must_params,
                          peg::opt<result_type>, worker_lines> {};
struct bare_record : node<NodeKind::Record, must_upper_name, fields> {};
struct bare_type : node<NodeKind::TypeAlias, must_upper_name, equals, soft, must_type> {};
struct bare_test : node<NodeKind::Test, text, must_block_node> {};
struct bare_use : node<NodeKind::Use, path> {};
struct wordless : custom<wordless, bare_workflow, bare_prompt, bare_fn, bare_worker, bare_record,
                         bare_type, bare_test, bare_use> {
    static bool read(Input& in, Context& c);
};

struct module_rule : custom<module_rule, declaration_rule, wordless> {
    static bool read(Input& in, Context& c);
};

}  // namespace weft::grammar

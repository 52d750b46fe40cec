// The combinators that report and go on, and the places where one part of the grammar calls
// another. After its first word a rule never fails: what it misses is reported once, by `expect`
// and its kin, so no diagnostic is ever taken back and parsing is linear.
#pragma once

#include "grammar/rules_base.h"

namespace weft::grammar {

enum class Insert { Nothing, MissingExpr };

// The rule, or a report. One wrong token before it is skipped.
template <typename Rule, Fixed What, Insert I = Insert::Nothing>
struct expect : custom<expect<Rule, What, I>, peg::opt<Rule>> {
    static bool read(Input& in, Context& c) {
        if (parse_rule<Rule>(in, c)) return true;
        Offset at = position(in, c);
        c.report_expected(at, What.view());
        Offset after = c.skip_one(at);
        if (after != kNoMatch) {
            auto mark = c.mark(at);
            auto rest = in.mark<peg::rewind_mode::required>();
            c.leaf(NodeKind::Error, c.skip(at), after);
            advance(in, c, after);
            if (rest(parse_rule<Rule>(in, c))) return true;
            c.rewind(mark);
        }
        if constexpr (I == Insert::MissingExpr) c.leaf(NodeKind::Missing, at, at);
        return true;
    }
};

template <Fixed Word>
struct expect_word : expect<w<Word>, Word> {};

template <typename... Rules>
struct free_lines : custom<free_lines<Rules...>, peg::seq<Rules...>> {
    static bool read(Input& in, Context& c) {
        Saved saved(c);
        c.mode.lines_free = true;
        return parse_rule<peg::seq<Rules...>>(in, c);
    }
};

// `(` items, divided by commas, `)`; line ends do not count inside.
template <Fixed Open, Fixed Close, typename Item, Fixed What>
struct bracketed : custom<bracketed<Open, Close, Item, What>, p<Open>, peg::opt<Item>> {
    static bool read(Input& in, Context& c) {
        Offset open = c.skip(position(in, c));
        if (Open.view() == "{" && !c.is_map(open)) return false;
        if (!parse_rule<p<Open>>(in, c)) return false;
        Nested nested(c, open);
        Saved saved(c);
        c.mode = {.lines_free = true, .condition = false, .in_prompt = false, .in_block = false};
        bool divided = true;
        while (!parse_rule<p<Close>>(in, c)) {
            Offset at = position(in, c);
            if (c.ends_list(at) || (!divided && c.begins_line_outside(at, open))) {
                report_unclosed(c, at, open);
                break;
            }
            if (!divided) c.report_undivided(at, Close.view());
            if (!read_item(in, c, open, divided)) break;
        }
        return true;
    }
    // False: what stands here is on a line outside, so the bracket should have closed before it.
    static bool read_item(Input& in, Context& c, Offset open, bool& divided) {
        Offset at = position(in, c);
        auto mark = c.mark(at);
        auto rest = in.mark<peg::rewind_mode::required>();
        if (!parse_rule<Item>(in, c)) skip_junk(in, c, What.view());
        divided = parse_rule<p<",">>(in, c);
        Offset next = position(in, c);
        bool is_lost = !divided && c.begins_line_outside(at, open) &&
                       c.match_punct(next, Close.view()) == kNoMatch && !c.ends_list(next);
        if (!is_lost) return rest(true);
        c.rewind(mark);
        report_unclosed(c, at, open);
        return rest(false);
    }
    static void report_unclosed(Context& c, Offset at, Offset open) {
        // Where what follows the bracket was reported, the bracket is one too many.
        if (c.has_error_behind(open)) return;
        if (auto* d =
                c.report(DiagnosticCode::MissingCloser, at, at, at,
                         "expected `" + std::string(Close.view()) + "`, found " + c.found(at))) {
            d->secondary.push_back({c.span(open, open + 1), "opened here"});
        }
    }
    static void skip_junk(Input& in, Context& c, std::string_view what) {
        Offset at = position(in, c);
        Offset begin = c.skip(at);
        c.report_expected(at, what);
        Offset end = scan::token(c.text(), begin);
        advance(in, c, end);
        c.leaf(NodeKind::Error, begin, end);
    }
};

// A comma, or a report where one of the words (`0`: a number) comes without it.
template <Fixed... Words>
struct comma_before : custom<comma_before<Words...>, p<",">> {
    static bool read(Input& in, Context& c) {
        if (parse_rule<p<",">>(in, c)) return true;
        Offset at = position(in, c);
        Offset here = scan::skip_blanks(c.text(), at);
        const auto begins = [&](std::string_view word) {
            return word == "0" ? scan::is_digit(scan::at(c.text(), here))
                               : scan::word(c.text(), here) == word;
        };
        if (!(begins(Words.view()) || ...)) return false;
        c.report_missing_comma(at, Applicability::Safe);
        return true;
    }
};

// Items divided by commas, with at least one; a line may end after a comma.
template <typename Item, Fixed What>
struct items : peg::seq<Item, peg::star<p<",">, soft, expect<Item, What>>> {};

// --- the places where one part of the grammar calls another: parse_expr.cpp, parse_stmt.cpp

struct expression : custom<expression> {
    static bool read(Input& in, Context& c);
};
// No comparison and nothing looser: where `in` is a word of the statement.
struct tight_expression : custom<tight_expression> {
    static bool read(Input& in, Context& c);
};
struct type : custom<type> {
    static bool read(Input& in, Context& c);
};
struct text : custom<text> {
    static bool read(Input& in, Context& c);
};
// One in the quotes of others.
struct quoted_text : custom<quoted_text> {
    static bool read(Input& in, Context& c);
};
// A text whose directives count.
struct prompt_text : custom<prompt_text> {
    static bool read(Input& in, Context& c);
};
struct arguments : custom<arguments> {
    static bool read(Input& in, Context& c);
};
struct statement : custom<statement> {
    static bool read(Input& in, Context& c);
};
// `{ … }` of statements.
struct block : custom<block> {
    static bool read(Input& in, Context& c);
};
// `if` and `match` as operands.
struct control_operand : custom<control_operand> {
    static bool read(Input& in, Context& c);
};
// The rest of a line that nothing understood, in an Error node; a block in it is read as one.
struct junk_line : custom<junk_line, peg::success> {
    static bool read(Input& in, Context& c);
};
// Reports what stands before the line's end, and skips it.
struct line_end : custom<line_end, peg::success> {
    static bool read(Input& in, Context& c);
};

struct must_expr : expect<expression, "an expression", Insert::MissingExpr> {};
struct must_tight : expect<tight_expression, "an expression", Insert::MissingExpr> {};
struct must_type : expect<type, "a type"> {};
struct must_text : expect<peg::sor<text, quoted_text>, "a text"> {};
struct must_value_name : expect<value_name, "a name"> {};
struct must_upper_name : expect<upper_name, "a name in UpperCamel"> {};

// A condition: `=` in it is taken as `==`, with a report.
struct condition : custom<condition, must_expr> {
    static bool read(Input& in, Context& c) {
        Saved saved(c);
        c.mode.condition = true;
        return parse_rule<must_expr>(in, c);
    }
};

template <NodeKind K, typename... Before>
struct expr_part : node<K, Before..., must_expr> {};

struct path : node<NodeKind::Path, any_name, peg::star<p<".">, any_name>> {};
// A path that is not a reserved word.
struct value_path : node<NodeKind::Path, value_name, peg::star<p<".">, any_name>> {};
struct must_path : expect<value_path, "a name"> {};

// `{` lines of Item `}`. Without the brace there is no match, unless `Required`.
template <typename Item, bool Required, Fixed What>
struct braced : custom<braced<Item, Required, What>, p<"{">, peg::opt<Item>> {
    static bool read(Input& in, Context& c) {
        Offset at = position(in, c);
        Context::Frame frame = c.open_frame(c.skip(at));
        if (c.is_stray_brace(at)) {
            if constexpr (!Required) return false;
            skip_stray_brace(in, c);
            frame = c.open_frame(c.skip(position(in, c)));
        }
        if (!parse_rule<p<"{">>(in, c)) {
            if constexpr (!Required) return false;
            c.report_expected(at, "`{`");
            bool skipped = skip_to_brace(in, c);
            if (!skipped && !c.deeper_line_follows(at)) return true;
            frame = c.open_frame(skipped ? position(in, c) - 1 : at);
            frame.braceless = !skipped;
        }
        Nested nested(c, at);
        Saved saved(c);
        c.mode = {.lines_free = false, .condition = false, .in_prompt = false, .in_block = true};
        read_lines(in, c, frame);
        return true;
    }
    // Of two braces on one line the last one opens the block.
    static void skip_stray_brace(Input& in, Context& c) {
        Offset begin = c.skip(position(in, c));
        Offset brace = c.brace_at_line_end(begin);
        if (brace == kNoMatch) return;
        c.report(DiagnosticCode::SyntaxError, begin, begin, begin + 1, "`{` opens nothing here");
        c.leaf(NodeKind::Error, begin, brace);
        advance(in, c, brace);
    }
    static bool skip_to_brace(Input& in, Context& c) {
        Offset at = position(in, c);
        Offset end = c.skip_one(at);
        if (end == kNoMatch || c.match_punct(end, "{") == kNoMatch) return false;
        c.leaf(NodeKind::Error, c.skip(at), end);
        return advance(in, c, c.match_punct(end, "{"));
    }
    static void read_lines(Input& in, Context& c, Context::Frame& frame) {
        while (true) {
            Offset at = position(in, c);
            auto next = c.next_in_block(at, frame);
            if (at >= position(in, c)) advance(in, c, at);
            if (next == Context::InBlock::Missing) return c.report_missing_brace(at, frame);
            if (next == Context::InBlock::Close) {
                advance(in, c, at + 1);
                return;
            }
            if (parse_rule<Item>(in, c)) {
                if (position(in, c) > at) continue;
            }
            c.report_expected(at, What.view());
            parse_rule<junk_line>(in, c);
            if (position(in, c) == at) advance(in, c, scan::token(c.text(), at));
        }
    }
};

}  // namespace weft::grammar

// The pieces that the rules are put together from: tokens that skip what may stand before them,
// nodes, and combinators that report and go on. After its first word a rule never fails: what it
// misses is reported once, by `expect` and its kin, so no diagnostic is ever taken back and parsing
// is linear. Only the parse_*.cpp and the test of the grammar include the rules.
#pragma once

#include <algorithm>
#include <tao/pegtl.hpp>

#include "grammar/context.h"

namespace weft::grammar {

namespace peg = tao::pegtl;
using Input = peg::memory_input<peg::tracking_mode::lazy, peg::eol::lf, const char*>;

template <std::size_t N>
struct Fixed {
    char chars[N]{};
    constexpr Fixed(const char (&text)[N]) { std::copy_n(text, N, chars); }
    [[nodiscard]] constexpr std::string_view view() const { return {chars, N - 1}; }
};

inline Offset position(const Input& in, const Context& context) {
    return static_cast<Offset>(in.current() - context.text().data());
}

inline bool advance(Input& in, const Context& context, Offset to) {
    if (to == kNoMatch) return false;
    in.bump(to - position(in, context));
    return true;
}

// A rule with a `kKind` makes a node of what it matched.
template <typename Rule>
struct Control : peg::normal<Rule> {
    static constexpr bool enable = requires { Rule::kKind; };
    static void start(const Input& in, Context& context) { context.start(position(in, context)); }
    static void success(const Input& in, Context& context) {
        context.success(Rule::kKind, position(in, context));
    }
    static void failure(const Input& /*unused*/, Context& context) { context.failure(); }
};

template <typename Rule>
bool parse_rule(Input& in, Context& context) {
    return peg::match<Rule, peg::apply_mode::nothing, peg::rewind_mode::required, peg::nothing,
                      Control>(in, context);
}

template <NodeKind K, typename... Rules>
struct node : peg::seq<Rules...> {
    static constexpr NodeKind kKind = K;
};

// A rule in plain code: Derived::read(Input&, Context&). It consumes nothing when it fails.
template <typename Derived, typename... Subs>
struct custom {
    using custom_tag = void;
    using rule_t = Derived;
    using subs_t = peg::type_list<Subs...>;
    template <peg::apply_mode A, peg::rewind_mode M, template <typename...> class Action,
              template <typename...> class C>
    static bool match(Input& in, Context& context) {
        return Derived::read(in, context);
    }
};

// --- tokens

template <Fixed Word>
struct w : custom<w<Word>> {
    static bool read(Input& in, Context& c) {
        return advance(in, c, c.match_word(position(in, c), Word.view()));
    }
};

// The first word of a statement, clause or declaration.
template <Fixed Word>
struct lead : custom<lead<Word>> {
    static bool read(Input& in, Context& c) {
        return advance(in, c, c.match_lead(position(in, c), Word.view()));
    }
};

// A contextual word that begins a line: nothing that continues an expression follows it.
template <Fixed Word>
struct soft_lead : custom<soft_lead<Word>> {
    static bool read(Input& in, Context& c) {
        Offset end = c.match_lead(position(in, c), Word.view());
        if (end == kNoMatch) return false;
        Offset next = scan::skip_blanks(c.text(), end);
        char first = scan::at(c.text(), next);
        bool begins = scan::is_word_char(first) || first == '"' || first == '-';
        return next > end && begins && advance(in, c, end);
    }
};

template <Fixed Punct>
struct p : custom<p<Punct>> {
    static bool read(Input& in, Context& c) {
        return advance(in, c, c.match_punct(position(in, c), Punct.view()));
    }
};

template <Context::NameRole Role>
struct name_token : custom<name_token<Role>> {
    static bool read(Input& in, Context& c) {
        return advance(in, c, c.match_name(position(in, c), Role));
    }
};

struct value_name : node<NodeKind::Name, name_token<Context::NameRole::Value>> {};
struct upper_name : node<NodeKind::Name, name_token<Context::NameRole::Type>> {};
struct any_name : node<NodeKind::Name, name_token<Context::NameRole::AfterDot>> {};
struct key_name : node<NodeKind::Name, name_token<Context::NameRole::BeforeColon>> {};

template <Fixed Word>
struct word_node : node<NodeKind::Word, w<Word>> {};

// Line ends do not count before the next token.
struct soft : custom<soft, peg::success> {
    static bool read(Input& in, Context& c) { return advance(in, c, c.skip_soft(position(in, c))); }
};

// Any number of line ends and comments, even before a reserved word.
struct lines : custom<lines, peg::success> {
    static bool read(Input& in, Context& c) {
        if (c.stopped) return true;
        return advance(in, c, scan::skip_trivia(c.text(), position(in, c)));
    }
};

// The rule on this line or on one of the next.
template <typename... Rules>
struct on_lines : peg::seq<lines, Rules...> {};

// --- recovery

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
        if (!parse_rule<p<Open>>(in, c)) return false;
        Nested nested(c, open);
        Saved saved(c);
        c.mode = {.lines_free = true, .condition = false, .in_prompt = false, .in_block = false};
        while (!parse_rule<p<Close>>(in, c)) {
            Offset at = position(in, c);
            if (c.ends_list(at)) {
                report_unclosed(c, at, open);
                break;
            }
            if (!parse_rule<Item>(in, c)) skip_junk(in, c, What.view());
            if (parse_rule<p<",">>(in, c)) continue;
            at = position(in, c);
            if (c.match_punct(at, Close.view()) == kNoMatch && !c.ends_list(at)) {
                c.report_expected(at, "`,` or `" + std::string(Close.view()) + "`");
            }
        }
        return true;
    }
    static void report_unclosed(Context& c, Offset at, Offset open) {
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
struct must_text : expect<text, "a text"> {};
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
        if (!parse_rule<p<"{">>(in, c)) {
            if constexpr (!Required) return false;
            c.report_expected(at, "`{`");
            bool skipped = skip_to_brace(in, c);
            if (!skipped && !c.deeper_line_follows(at)) return true;
            frame = c.open_frame(skipped ? position(in, c) - 1 : at);
        }
        Nested nested(c, at);
        Saved saved(c);
        c.mode = {.lines_free = false, .condition = false, .in_prompt = false, .in_block = true};
        read_lines(in, c, frame);
        return true;
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

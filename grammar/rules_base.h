// The ground that the rules stand on: how a rule makes a node, rules in plain code, and tokens that
// skip what may stand before them. It knows nothing of what is done about mistakes
// (rules_recover.h). Only the parse_*.cpp and the test of the grammar include the rules.
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

}  // namespace weft::grammar

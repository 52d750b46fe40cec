#include <optional>

#include "grammar/characters.h"
#include "grammar/habits.h"
#include "grammar/rules_expr.h"

namespace weft::grammar {

bool expression::read(Input& in, Context& c) {
    return parse_rule<expression_rule>(in, c);
}
bool tight_expression::read(Input& in, Context& c) {
    return expression_rule::climb(in, c, scan::kComparisonPrecedence + 1);
}
bool type::read(Input& in, Context& c) {
    return parse_rule<type_rule>(in, c);
}
bool text::read(Input& in, Context& c) {
    Saved saved(c);
    c.mode.in_prompt = false;
    return parse_rule<text_rule>(in, c);
}
bool prompt_text::read(Input& in, Context& c) {
    Saved saved(c);
    c.mode.in_prompt = true;
    return parse_rule<text_rule>(in, c);
}
bool quoted_text::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (!advance(in, c, foreign_text(c, at))) return false;
    c.leaf(NodeKind::Error, at, position(in, c));
    return true;
}
bool arguments::read(Input& in, Context& c) {
    return parse_rule<argument_list>(in, c);
}

bool square_habit::read(Input& in, Context& c) {
    Offset at = position(in, c);
    if (scan::at(c.text(), at) != '[' || scan::at(c.text(), at + 1) == ']') return false;
    auto close = c.text().find(']', at);
    auto* d = c.report_foreign(at, at + 1, "the types that a type is made of stand in `< >`");
    if (d != nullptr && close != std::string_view::npos) {
        auto end = static_cast<Offset>(close);
        d->fix = Fix{"write `< >`",
                     {Edit{c.span(at, at + 1), "<"}, Edit{c.span(end, end + 1), ">"}},
                     Applicability::Safe};
    }
    return true;
}

bool inner_where::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (scan::word(c.text(), at) != "where") return false;
    // To the bracket that closes the type: one that no `=` follows, on the same line.
    Offset end = at;
    for (int open = 0;; ++end) {
        const char next = scan::at(c.text(), end);
        if (next == '\0' || next == '\n') return false;
        if (next == '(') ++open;
        if (next == ')' && --open < 0) return false;
        if (next == '>' && open == 0 && scan::at(c.text(), end + 1) != '=') break;
    }
    if (auto* d = c.report(DiagnosticCode::SyntaxError, at, at, end,
                           "inside of `< >` only a name stands, and this is a refinement")) {
        d->help = "give the type a name: `type Name = … where …`";
    }
    return advance(in, c, end);
}

namespace {

// `Int[]`
void array_habit(Input& in, Context& c, Offset begin) {
    Offset at = position(in, c);
    if (!scan::starts(c.text(), at, "[]")) return;
    const auto right = "List<" + std::string(c.text().substr(begin, at - begin)) + ">";
    if (auto* d = c.report_foreign(at, at + 2, "a list is a `List`")) {
        d->fix =
            Fix{"write `" + right + "`", {Edit{c.span(begin, at + 2), right}}, Applicability::Safe};
    }
    advance(in, c, at + 2);
}

// Whether the type that begins here stands in `< >`: elsewhere `:`, `=`, `->` or a word is before.
bool is_type_argument(std::string_view text, Offset begin) {
    while (begin > 0 && (scan::is_blank(text[begin - 1]) || text[begin - 1] == '\n')) --begin;
    return begin > 0 && (text[begin - 1] == '<' || text[begin - 1] == ',');
}

}  // namespace

bool type_rule::read(Input& in, Context& c) {
    Offset at = position(in, c);
    auto mark = c.mark(at);
    Nested nested(c, at);
    if (!parse_rule<peg::at<type_start>>(in, c)) return false;
    if (!parse_rule<type_name>(in, c)) return false;
    array_habit(in, c, mark.begin);
    while (parse_rule<p<"?">>(in, c)) c.finish(NodeKind::OptionalType, mark, position(in, c));
    if (is_type_argument(c.text(), mark.begin)) return true;  // only a name stands there
    if (parse_rule<w<"where">>(in, c)) {
        parse_rule<must_expr>(in, c);
        c.finish(NodeKind::RefinedType, mark, position(in, c));
    }
    return true;
}

bool argument_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    Offset end = scan::word_end(c.text(), at);
    Offset equals = end > at ? c.match_punct(end, "=") : kNoMatch;
    if (equals == kNoMatch) return false;
    c.leaf(NodeKind::Name, at, end);
    c.report_habit(equals - 1, equals, ":", "an argument is named with `:`");
    return advance(in, c, equals);
}

// --- operators

// `value!`, `value?.field`
bool expression_rule::lost_suffix(Input& in, Context& c, const Context::Mark& mark) {
    if (!advance(in, c, foreign_suffix(c, position(in, c)))) return false;
    ++c.quiet;
    parse_rule<field>(in, c);
    --c.quiet;
    c.forget(mark, position(in, c));
    return true;
}

// `Order { id: "x" }`
bool expression_rule::lost_braces(Input& in, Context& c, const Context::Mark& mark) {
    Offset here = position(in, c);
    if (scan::at(c.text(), scan::skip_blanks(c.text(), here)) != '{') return false;
    if (!advance(in, c, foreign_braces(c, mark.begin, here))) return false;
    c.forget(mark, position(in, c));
    return true;
}

bool expression_rule::postfix(Input& in, Context& c) {
    Offset at = position(in, c);
    auto mark = c.mark(at);
    if (!parse_rule<primary>(in, c)) return false;
    bool is_path = scan::is_word_char(scan::at(c.text(), mark.begin));
    while (true) {
        Offset here = position(in, c);
        char next = scan::at(c.text(), here);
        if ((next == '!' || scan::starts(c.text(), here, "?.")) && lost_suffix(in, c, mark)) {
            continue;
        }
        if (is_path && lost_braces(in, c, mark)) return true;
        if (parse_rule<field>(in, c)) {
            c.finish(NodeKind::FieldAccess, mark, position(in, c));
        } else if (next == '[' && parse_rule<index>(in, c)) {
            c.finish(NodeKind::Index, mark, position(in, c));
        } else if (next != '\n' && parse_rule<argument_list>(in, c)) {
            c.finish(NodeKind::Call, mark, position(in, c));
        } else {
            return true;
        }
    }
}

bool foreign_operand_rule::read(Input& in, Context& c) {
    Offset at = position(in, c);
    auto mark = c.mark(at);
    auto found = foreign_operand(c, at);
    if (!advance(in, c, found.end)) return false;
    if (found.goes_on) {
        ++c.quiet;
        parse_rule<expression>(in, c);
        --c.quiet;
    }
    c.forget(mark, position(in, c));
    return true;
}

// `c ? a : b`, read and forgotten.
bool expression_rule::ternary(Input& in, Context& c, const Context::Mark& mark) {
    Offset end = foreign_suffix(c, position(in, c));
    if (!advance(in, c, end)) return false;
    ++c.quiet;
    parse_rule<must_expr>(in, c);
    if (parse_rule<p<":">>(in, c)) parse_rule<must_expr>(in, c);
    --c.quiet;
    c.forget(mark, position(in, c));
    return true;
}

// `x between a and b`, read and forgotten.
bool expression_rule::between(Input& in, Context& c, const Context::Mark& mark, int lowest) {
    if (lowest > scan::kComparisonPrecedence) return false;
    if (!advance(in, c, foreign_range(c, position(in, c)))) return false;
    ++c.quiet;
    climb(in, c, scan::kRangePrecedence + 1);
    if (parse_rule<w<"and">>(in, c)) climb(in, c, scan::kRangePrecedence + 1);
    --c.quiet;
    c.forget(mark, position(in, c));
    return true;
}

bool expression_rule::climb(Input& in, Context& c, int lowest) {
    Offset at = position(in, c);
    Nested nested(c, at);
    if (!nested) return false;
    auto mark = c.mark(at);
    auto operand = [&](int precedence, Offset after) {
        advance(in, c, after);
        if (climb(in, c, precedence)) return;
        c.report_expected(position(in, c), "an expression");
        c.leaf(NodeKind::Missing, position(in, c), position(in, c));
    };
    if (auto prefix = c.prefix_operator(at); prefix.end != 0) {
        operand(prefix.precedence, prefix.end);
        c.finish(NodeKind::Unary, mark, position(in, c), prefix.op);
    } else if (!postfix(in, c)) {
        return false;
    }
    while (true) {
        Offset here = position(in, c);
        auto op = c.peek_operator(here);
        if (op.end == 0 && lowest == 1 && ternary(in, c, mark)) continue;
        if (op.end == 0 && between(in, c, mark, lowest)) continue;
        if (op.end == 0 || op.precedence < lowest) return true;
        operand(op.precedence + 1, c.take_operator(here, op));
        if (op.is_none) {
            c.forget(mark, position(in, c));
            continue;
        }
        c.finish(NodeKind::Binary, mark, position(in, c), op.op);
        auto next = c.peek_operator(position(in, c));
        bool chained =
            op.precedence == scan::kComparisonPrecedence || op.precedence == scan::kRangePrecedence;
        if (chained && next.end != 0 && next.precedence == op.precedence) {
            Offset begin = c.skip(position(in, c));
            if (auto* d = c.report(DiagnosticCode::ChainedComparison, begin, begin, next.end,
                                   "`" + std::string(spelling(next.op)) +
                                       "` follows another comparison, and they don't chain")) {
                d->help = "compare twice and join the two with `and`";
            }
        }
    }
}

// --- text

namespace {

// What parts end at: the closing quote or what stands for it (not read yet), or a directive (read).
enum class Ended { Text, End, Else };

class TextReader {
  public:
    TextReader(Input& in, Context& c, Offset open) : in_(in), c_(c), text_(c.text()), open_(open) {
        Offset at = open;
        while (scan::at(text_, at) == '#') ++at;
        hole_ = std::string(at - open, '#') + "${";
        block_ = scan::starts(text_, at, "\"\"\"");
        close_ = block_ ? "\"\"\"" : "\"";
        advance(in, c, at + static_cast<Offset>(close_.size()));
        if (block_) limit_ = c.fence_limit(open);
    }

    void read() {
        auto mark = c_.mark(open_);
        // An `${else}` or `${end}` of nothing was reported where it stands.
        while (parts() != Ended::Text) {
        }
        close(here());
        c_.finish(block_ ? NodeKind::TextBlock : NodeKind::Text, mark, position(in_, c_));
    }

  private:
    [[nodiscard]] Offset here() const { return position(in_, c_); }

    // The parts up to the closing quote, or to an `${else}` or `${end}`.
    Ended parts() {
        while (true) {
            Offset begin = here();
            Offset at = begin;
            while (!ends(at) && !scan::starts(text_, at, hole_)) at += escape(at);
            if (at > begin) c_.leaf(NodeKind::TextPart, begin, at);
            advance(in_, c_, at);
            if (ends(at)) return Ended::Text;
            if (auto ended = hole()) return *ended;
        }
    }

    [[nodiscard]] bool ends(Offset at) const {
        if (at >= text_.size() || at >= limit_ || c_.stopped) return true;
        if (!block_ && text_[at] == '\n') return true;
        return scan::starts(text_, at, close_);
    }

    // The length of one character, checked when it is an escape.
    Offset escape(Offset at) {
        if (text_[at] != '\\') return 1;
        if (scan::starts(text_, at, "\\${")) return 3;
        char next = scan::at(text_, at + 1);
        if (next == 'n' || next == 't' || next == '"' || next == '\\') return 2;
        if (next == 'u' && scan::at(text_, at + 2) == '{') {
            Offset end = at + 3;
            while (scan::is_word_char(scan::at(text_, end))) ++end;
            if (scan::at(text_, end) == '}' && is_code_point(at + 3, end)) return end + 1 - at;
        }
        c_.report(DiagnosticCode::BadLiteral, at, at, scan::token(text_, at + 1),
                  "`\\" + std::string(text_.substr(at + 1, next == '\n' || next == 0 ? 0 : 1)) +
                      "` is not an escape; there are \\n \\t \\\" \\\\ \\u{…} \\${");
        return 1;
    }

    [[nodiscard]] bool is_code_point(Offset begin, Offset end) const {
        constexpr std::uint32_t kLast = 0x10FFFF;
        std::uint32_t value = 0;
        if (end == begin || end - begin > 6) return false;
        for (Offset i = begin; i < end; ++i) {
            auto digit =
                std::string_view("0123456789abcdef")
                    .find(static_cast<char>(text_[i] | (scan::is_upper(text_[i]) ? 0x20 : 0)));
            if (digit == std::string_view::npos) return false;
            value = value * 16 + static_cast<std::uint32_t>(digit);
        }
        return value <= kLast && !(value >= 0xD800 && value <= 0xDFFF);
    }

    void close(Offset at) {
        if (scan::starts(text_, at, close_) && at < limit_) {
            advance(in_, c_, at + static_cast<Offset>(close_.size()));
            return;
        }
        Offset first_end = scan::line_end(text_, open_);
        if (auto* d = c_.report(DiagnosticCode::MissingCloser, at, open_, block_ ? first_end : at,
                                "a text is not closed: `" + close_ + "` is missing")) {
            d->label = "opened here";
            for (Offset i = open_; i < at; i += scan::character(text_, i).length) {
                if (!scan::is_curly_quote(scan::character(text_, i).code)) continue;
                d->help = "a curly quote, as of a word processor, closes no text";
            }
        }
    }

    // A hole or a directive; an End or Else is the caller's to close.
    std::optional<Ended> hole() {
        Offset begin = here();
        advance(in_, c_, begin + static_cast<Offset>(hole_.size()));
        Saved saved(c_);
        bool directives = c_.mode.in_prompt;
        c_.mode = {
            .lines_free = false, .condition = false, .in_prompt = directives, .in_block = false};
        auto mark = c_.mark(begin);
        mark.begin = begin;
        if (directives) {
            if (lone_word("end")) return Ended::End;
            if (lone_word("else")) return Ended::Else;
            if (parse_rule<w<"each">>(in_, c_)) {
                each(mark);
                return std::nullopt;
            }
            if (parse_rule<w<"if">>(in_, c_)) {
                condition_of(mark);
                return std::nullopt;
            }
        }
        parse_rule<must_expr>(in_, c_);
        parse_rule<hole_end>(in_, c_);
        c_.finish(NodeKind::Hole, mark, here());
        return std::nullopt;
    }

    bool lone_word(std::string_view word) {
        Offset end = c_.match_word(here(), word);
        if (end == kNoMatch || c_.match_punct(end, "}") == kNoMatch) return false;
        if (depth_ == 0) {
            Offset at = c_.skip(here());
            c_.report(DiagnosticCode::MisplacedDirective, at, at, end,
                      "`${" + std::string(word) + "}` closes nothing here");
        }
        return advance(in_, c_, c_.match_punct(end, "}"));
    }

    Ended body() {
        Nested nested(c_, here());
        ++depth_;
        Context::Mark mark = c_.mark(here());
        mark.begin = here();
        Ended how = parts();
        Offset end = how == Ended::Text ? here() : directive_begin(here());
        c_.finish(NodeKind::TemplateBody, mark, std::max(end, mark.begin));
        --depth_;
        return how;
    }

    // Where the directive that ends here began.
    [[nodiscard]] Offset directive_begin(Offset end) const {
        auto found = text_.rfind(hole_, end);
        return found == std::string_view::npos ? end : static_cast<Offset>(found);
    }

    void each(const Context::Mark& mark) {
        parse_rule<each_directive>(in_, c_);
        parse_rule<hole_end>(in_, c_);
        Ended how = body();
        while (how == Ended::Else) {
            misplaced("`${else}` belongs to an `${if}`");
            how = body();
        }
        finish_directive(NodeKind::TemplateEach, mark, how);
    }

    void condition_of(const Context::Mark& mark) {
        parse_rule<condition>(in_, c_);
        parse_rule<hole_end>(in_, c_);
        Ended how = body();
        if (how == Ended::Else) how = body();
        while (how == Ended::Else) {
            misplaced("a second `${else}` of one `${if}`");
            how = body();
        }
        finish_directive(NodeKind::TemplateIf, mark, how);
    }

    void misplaced(std::string message) {
        c_.report(DiagnosticCode::MisplacedDirective, here(), directive_begin(here()), here(),
                  std::move(message));
    }

    void finish_directive(NodeKind kind, const Context::Mark& mark, Ended how) {
        if (how == Ended::Text) {
            Offset word = mark.begin + static_cast<Offset>(hole_.size());
            c_.report(DiagnosticCode::MisplacedDirective, here(), mark.begin,
                      scan::token(text_, word), "a directive has no `${end}`");
        }
        c_.finish(kind, mark, here());
    }

    Input& in_;
    Context& c_;
    std::string_view text_;
    Offset open_;
    Offset limit_ = kNoMatch;
    std::string hole_;
    std::string close_;
    bool block_ = false;
    std::uint32_t depth_ = 0;
};

}  // namespace

bool text_rule::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    Offset quote = at;
    while (scan::at(c.text(), quote) == '#') ++quote;
    bool hashed = quote > at;
    if (!scan::starts(c.text(), quote, hashed ? "\"\"\"" : "\"")) return false;
    TextReader(in, c, at).read();
    return true;
}

}  // namespace weft::grammar

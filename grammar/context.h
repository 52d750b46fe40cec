// What the rules share while one text is parsed: the growing tree, the diagnostics, how line ends
// count here, and the decisions of the recovery. Plain code, so that the rules stay cheap to
// compile; it must not know PEGTL. All positions are offsets into the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "grammar/scan.h"
#include "grammar/tree.h"

namespace weft::grammar {

using Offset = std::uint32_t;
inline constexpr Offset kNoMatch = 0xFFFF'FFFF;

class Context {
  public:
    Context(FileId file, std::string_view text);

    [[nodiscard]] std::string_view text() const { return text_; }
    [[nodiscard]] Span span(Offset begin, Offset end) const { return {file_, begin, end}; }

    // --- the tree, in post-order while it grows
    struct Mark {
        std::size_t nodes;
        std::size_t diagnostics;
        Offset begin;
        Offset last_error;
        Offset last_syntax_error;
    };
    [[nodiscard]] Mark mark(Offset at) const;
    void rewind(const Mark& mark);
    void finish(NodeKind kind, const Mark& mark, Offset end, Operator op = Operator::Unknown);
    void leaf(NodeKind kind, Offset begin, Offset end);
    // Puts a node that stands for no value in the place of all that was read since the mark.
    void forget(const Mark& mark, Offset end);
    // The hooks of a node's rule.
    void start(Offset at) { marks_.push_back(mark(at)); }
    void success(NodeKind kind, Offset at);
    void failure();
    [[nodiscard]] std::vector<Node> take_preorder(Offset end);

    // --- tokens; each skips what may stand before it here and gives its end, or kNoMatch
    [[nodiscard]] Offset skip(Offset at) const;
    Offset match_word(Offset at, std::string_view word);
    Offset match_lead(Offset at, std::string_view word);
    [[nodiscard]] Offset match_punct(Offset at, std::string_view punct) const;
    enum class NameRole { Value, Type, AfterDot, BeforeColon };
    Offset match_name(Offset at, NameRole role);
    Offset match_literal(Offset at);
    Offset match_regex(Offset at);
    Offset match_type_value_start(Offset at) const;
    [[nodiscard]] bool at_lambda(Offset at) const;
    scan::OperatorToken peek_operator(Offset at) const;
    Offset take_operator(Offset at, const scan::OperatorToken& op);
    // After an operator or a comma a line end does not count.
    [[nodiscard]] Offset skip_soft(Offset at) const;
    // `paid within`, `paid until`: what stands behind the word `wait`.
    [[nodiscard]] bool is_wait(Offset at) const;
    // `not`, `-` and the habit `!`.
    scan::OperatorToken prefix_operator(Offset at);

    // --- diagnostics
    Diagnostic* report(DiagnosticCode code, Offset at, Offset begin, Offset end,
                       std::string message);
    [[nodiscard]] bool follows_syntax_error(Offset here) const;
    // Whether the last syntax error stands on the line of `open`, or behind `open`.
    [[nodiscard]] bool has_error_on_line(Offset open) const;
    [[nodiscard]] bool has_error_behind(Offset open) const;
    Offset match_slip(Offset at, std::string_view word);
    void report_expected(Offset at, std::string_view what);
    // In a list: what stands here begins its next item, and no comma is before it; or `close` is
    // expected as well.
    void report_undivided(Offset at, std::string_view close);
    void report_missing_comma(Offset at, Applicability applicability);
    void report_habit(Offset begin, Offset end, std::string_view weft, std::string_view why);
    // A habit that no other word can take the place of: the help says what to write.
    Diagnostic* report_foreign(Offset begin, Offset end, std::string_view why);
    // A word that says nothing; `next` is where what follows it begins.
    void report_idle(Offset begin, Offset next, std::string_view why);
    // Says of the word or sign here what is not ASCII of it; false when nothing is.
    bool describe_foreign(Offset here, Diagnostic& diagnostic) const;
    void report_style(Offset begin, Offset end, NameRole role);
    [[nodiscard]] std::string found(Offset at) const;
    std::vector<Diagnostic>& diagnostics() { return diagnostics_; }

    // --- recovery (recover.cpp)
    // A reserved word at the line's start that no `:` follows, or a declaration's first word.
    [[nodiscard]] bool is_stop(Offset line_start) const;
    [[nodiscard]] bool is_declaration_start(Offset at) const;
    // One without lines of clauses: where it stands in a block it can be passed over whole.
    [[nodiscard]] bool declares_on_few_lines(Offset at) const;
    // A `{` in the middle of a line that nothing on the line closes, while the braces of the text
    // don't balance: it belongs to nothing.
    [[nodiscard]] bool is_stray_brace(Offset at) const;
    // The last `{` of the line, when it ends the line and stands after the offset; or kNoMatch.
    [[nodiscard]] Offset brace_at_line_end(Offset at) const;
    // Whether skipping one token here stays inside the line and its brackets.
    [[nodiscard]] Offset skip_one(Offset at) const;
    [[nodiscard]] bool ends_list(Offset at) const;
    // Whether the offset begins a line that stands no deeper than the line of `open`.
    [[nodiscard]] bool begins_line_outside(Offset at, Offset open) const;
    // Whether `{` begins a map here, told from what follows.
    [[nodiscard]] bool is_map(Offset at) const;
    struct Frame {
        Offset open;
        std::uint32_t indent;
        bool indented = false;
        bool braceless = false;  // its `{` is missing: it ends where the lines stand no deeper
    };
    enum class InBlock { Item, Close, Missing };
    Frame open_frame(Offset brace) const;
    InBlock next_in_block(Offset& at, Frame& frame);
    [[nodiscard]] bool deeper_line_follows(Offset at) const;
    void report_missing_brace(Offset at, const Frame& frame);
    // Where a text that lacks its closing fence is taken to end; kNoMatch while the fences balance.
    [[nodiscard]] Offset fence_limit(Offset open) const;

    // --- how this place reads; rules save and restore them (Saved)
    struct Mode {
        bool lines_free = false;  // line ends are blanks
        bool condition = false;   // a single `=` here was meant as `==`
        bool in_prompt = false;   // texts may have directives
        bool in_block = false;    // `}` ends a line
    };
    Mode mode;
    std::uint32_t nesting = 0;
    std::uint32_t quiet = 0;
    bool stopped = false;  // too deep: nothing more is read
    void stop_too_deep(Offset at);

  private:
    FileId file_;
    std::string_view text_;
    std::vector<Node> nodes_;
    std::vector<Mark> marks_;
    std::vector<Diagnostic> diagnostics_;
    Offset last_error_ = kNoMatch;
    Offset last_syntax_error_ = kNoMatch;
    scan::Balance balance_;
};

// Restores the mode at the end of a scope.
class Saved {
  public:
    explicit Saved(Context& context) : context_(context), mode_(context.mode) {}
    ~Saved() { context_.mode = mode_; }
    Saved(const Saved&) = delete;
    Saved& operator=(const Saved&) = delete;

  private:
    Context& context_;
    Context::Mode mode_;
};

// Counts one level of nesting; false inside when there are too many.
class Nested {
  public:
    Nested(Context& context, Offset at);
    ~Nested() { --context_.nesting; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    explicit operator bool() const { return !context_.stopped; }

  private:
    Context& context_;
};

}  // namespace weft::grammar

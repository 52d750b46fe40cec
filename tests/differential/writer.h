// Writes one program, statement by statement. It keeps the rules of the checker as it goes: every
// name is read, every effect says how it is undone, every path that must end does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/differential/generator.h"

namespace weft::differential {

enum class Kind : std::uint8_t { Int, Text, OptionalInt, IntList };

struct Variable {
    std::string name;
    Kind kind = Kind::Int;
    bool must_be_read = false;
};

// Where the writer stands.
struct Place {
    Outer outer = Outer::Workflow;
    int depth = 0;
    bool may_return = true;
    bool may_ship = false;  // an irreversible effect may stand here …
    bool may_fail = true;   // … or a `fail`
    bool may_lock = false;
    bool in_repeat = false;
    bool in_undo = false;
    bool in_hook = false;
    bool is_retried = false;
    bool can_lose = false;
    bool is_line = false;  // of a parallel
    std::string item;      // of the innermost each around, that a key must name
    std::string error;     // of the innermost handler around
};

// What a program may declare, by the name by which it is used.
const std::map<std::string, std::string>& library();

class Writer {
  public:
    Writer(std::uint64_t seed, std::optional<NestedPair> target);
    Program write();

  private:
    using Lines = std::vector<std::string>;
    // A block's lines, and what they define.
    struct Block {
        Lines lines;
        bool leaves = false;
    };
    enum class Ends : std::uint8_t { Nothing, WithInt, Leaving, Pass };

    // --- writer.cpp
    std::string workflow(const std::string& name, bool is_child);
    std::string hooks_at_top(const std::string& name);
    Lines hooks_at_end();
    std::string hook(std::string_view head, Outer outer, std::string_view said);
    Block block(Place place, Ends ends, const std::vector<Variable>& given = {});
    // True: nothing goes on behind it.
    bool statement(Lines& out, const Place& place, Inner inner);
    bool leave(Lines& out, const Place& place, Inner inner);
    [[nodiscard]] bool fits(const Place& place, Inner inner) const;
    Inner choose(const Place& place);
    Inner construct_with(Outer outer) const;
    std::string unread(std::size_t from);
    [[nodiscard]] std::string declarations() const;
    [[nodiscard]] std::string header(const std::string& name, bool is_child);
    [[nodiscard]] bool aims_at(Outer outer) const;
    [[nodiscard]] bool in_way_to_target(const Place& place) const;
    Place inside(const Place& place, Outer outer) const;

    // --- statements
    void call(Lines& out, const Place& place, Inner inner);
    bool composite(Lines& out, const Place& place, Inner inner);
    void each(Lines& out, const Place& place, Inner inner);
    void parallel(Lines& out, const Place& place, Inner inner);
    Inner line_of(const Place& line, bool is_nested);
    static bool is_step(Inner inner);
    static bool gives_an_int(Inner inner);
    void repeat(Lines& out, const Place& place);
    bool choice(Lines& out, const Place& place, Inner inner);
    void gate(Lines& out, const Place& place, Inner inner);
    void review(Lines& out, const Place& place, Inner inner);
    void wait(Lines& out, const Place& place, Inner inner);
    void sub_run(Lines& out, const Place& place, Inner inner);
    Lines handler(const Place& place, bool gives_value, bool shows_fields);
    Lines undo(const Place& place, const std::string& value, bool is_optional, bool as_block);

    // --- expressions
    std::string int_expr(int depth = 0);
    std::string bool_expr();
    std::string text_expr();
    std::string any_expr();
    std::string int_name();
    std::string list_expr();
    void define(std::string name, Kind kind, bool must_be_read);
    void use(const std::string& name);
    std::string fresh(std::string_view stem);
    static void add(Lines& out, const Lines& lines, int indent = 2);

    std::uint64_t draw(std::uint64_t below);
    bool chance(int percent) { return draw(100) < static_cast<std::uint64_t>(percent); }

    std::uint64_t state_;
    std::optional<NestedPair> target_;
    bool is_hit_ = false;  // the target has been written
    Program program_;
    std::vector<Variable> scope_;
    std::vector<std::string> own_steps_;  // of the workflow's block: hooks at its end see them
    std::set<std::string> parameters_;
    std::set<std::string> signals_;
    std::set<std::string> tunes_;
    std::set<std::string> declared_;
    bool is_locked_ = false;
    bool has_budget_ = false;
    bool has_ship_ = false;
    bool needs_child_ = false;
    bool child_is_retried_ = false;
    bool is_child_ = false;
    int names_ = 0;
    int budget_ = 0;  // statements left
};

}  // namespace weft::differential

// The inside of one function, prompt, refinement or workflow while it is checked: the local names
// in reach, and what the statements around mean for those inside.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/labels.h"

namespace weft::check {

struct LocalName {
    std::string name;
    ir::LocalId local;
};

// The names in reach, innermost last; found by name however many there are.
class NamesInReach {
  public:
    void push_back(LocalName name);
    void resize(std::size_t count);  // to fewer
    [[nodiscard]] std::size_t size() const { return names_.size(); }
    [[nodiscard]] auto begin() const { return names_.begin(); }
    [[nodiscard]] auto end() const { return names_.end(); }
    // The innermost of that name; null when there is none.
    [[nodiscard]] const LocalName* find(std::string_view name) const;

  private:
    std::vector<LocalName> names_;
    std::map<std::string, std::vector<std::size_t>, std::less<>> places_;
};

// Of the workflow around; a body without one is pure.
struct WorkflowFrame {
    std::string name;
    TypeId result;  // as declared, or as found from the returns so far
    bool result_declared = false;
    std::int64_t timeout_ms = 0;
    std::int64_t within_ms = 0;
    Span within_span = {};
    std::vector<ir::LocalId> tunes;
    std::vector<ir::Signal> signals;
    std::vector<bool> awaited;               // by signal
    std::set<std::string> paths;             // of steps and gates, to keep them apart
    std::map<std::string, std::string> was;  // path of a renamed step -> the path that it had
    // Steps of the block that was checked last: in the end, the workflow's own.
    std::vector<std::pair<std::string, ir::StmtId>> last_steps;
};

// Statements of the block being checked: a gate's `retry from` looks back in it.
struct OpenBlock {
    ir::BlockId id;
    std::vector<ir::StmtId> stmts;
    std::vector<std::pair<std::string, ir::StmtId>> steps;  // names of steps so far
};

// The repeat around, as long as its passes are checked.
struct RepeatFrame {
    std::uint32_t row = 0;  // in Module::repeats
    TypeId item;
    LabelSet outside = 0;  // control around it
    LabelSet labels = 0;   // of the conditions that lead to `next` and `done`
    std::vector<ir::StmtId> nexts = {};
    std::vector<ir::StmtId> dones = {};
};

// Whose type the expression being checked is to have: a declared name, or a part of it.
struct Wanted {
    std::string_view of;    // "Order", "result"
    std::string_view part;  // "email"
    Span name = {};         // of the declaration, where a value is known by that
};

struct TestFrame;     // test_names.h
struct MigrateFrame;  // migrates.h

struct Body {
    Context& context;
    ModuleId module;
    NamesInReach names = {};
    WorkflowFrame* workflow = nullptr;
    TestFrame* test = nullptr;        // of a test: what it may read of a run
    MigrateFrame* migrate = nullptr;  // of a migrate block: what it may read as `old`
    OpenBlock* block = nullptr;
    std::string path = {};  // of the innermost step, "document_qa.answers"
    // The path of the step whose clauses stand behind a wait or review: it is theirs, too.
    std::string path_of_step = {};
    std::string gate = {};   // whose rungs these are: its verdict is known behind it alone
    bool in_prompt = false;  // unknown names are placeholders
    bool in_system = false;  // inside a prompt's system part
    RepeatFrame* repeat = nullptr;
    bool in_each = false;
    ir::LocalId item = {};  // of the innermost `each`
    bool in_hook = false;   // nothing that would change the run
    bool in_parallel = false;
    bool in_undo = false;                   // steps need no compensation of their own
    LabelSet control = 0;                   // labels of the conditions around
    const Wanted* wanted = nullptr;         // for mismatches (origins.h)
    Span place = {};                        // of the expression whose type is wanted
    std::vector<LocalName> ended = {};      // names of steps in blocks that have ended
    std::vector<ir::LocalId> cleared = {};  // values that a gate has let pass

    [[nodiscard]] std::size_t mark() const { return names.size(); }
    void leave(std::size_t mark) { names.resize(mark); }
    [[nodiscard]] const LocalName* find(std::string_view name) const;
    // Reports a name that is taken, or that hides a module.
    ir::LocalId declare(std::string name, TypeId type, Span span);
    [[nodiscard]] TypeId type_of(ir::LocalId local) const;  // without Untrusted once cleared
    [[nodiscard]] std::vector<std::string> names_in_reach() const;
};

// The IR of one expression.
ir::ExprId add_expr(Context& context, ir::Expr expr);
ir::ExprId add_literal(Context& context, Value value, TypeId type, Span span);
ir::ExprId add_local_ref(const Body& body, ir::LocalId local, Span span);
// Stands for an expression with a mistake that was reported.
ir::ExprId add_mistake(Context& context, Span span);
TypeId type_of(const Context& context, ir::ExprId expr);
Span span_of(const Context& context, ir::ExprId expr);

}  // namespace weft::check

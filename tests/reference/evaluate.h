// Expressions of the typed IR, evaluated by walking them. Part of the reference interpreter: it
// shares values and decimals with the machine, and no rule of computing.
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/module.h"

namespace weft::reference {

// Values by the number of their local; what was not defined is none.
using Env = std::vector<Value>;

// An expression that has no value: the error Trap, which names the place of the expression.
struct Trapped {
    Value error;
};

struct ErrorParts {
    std::string name;
    std::string message;
    std::string step = {};
    std::int64_t attempts = 0;
    Value detail = {};
};
Value error_value(ErrorParts parts);
std::string name_of(const Value& error);
std::string message_of(const Value& error);

class Evaluator {
  public:
    Evaluator(const ir::Module& module, Value this_run)
        : module_(module), this_run_(std::move(this_run)) {}

    // `let`s inside of the expression are written to `env`.
    Value of(ir::ExprId id, Env& env) const;
    [[nodiscard]] bool fits(TypeId type, const Value& value) const;
    // Where errors of any name may stand, their own fields are Json.
    [[nodiscard]] Value widened(const Value& error) const;
    // On its way an error has its own fields as they are declared, also where they were Json.
    [[nodiscard]] Value raised(const Value& error) const;
    // As the type of one declared error has it; none when it is another error.
    [[nodiscard]] Value narrowed(TypeId type, const Value& error) const;
    [[nodiscard]] const ErrorRow* declared(const std::string& name) const;

  private:
    Value compute(const ir::Expr& e, Env& env) const;
    Value list_function(const ir::Expr& e, Env& env) const;
    Value fold(const ir::Expr& e, Env& env) const;
    Value prompt(const ir::Expr& e, Env& env) const;
    Value refine(const ir::Expr& e, Env& env) const;
    Value map_of(const ir::Expr& e, Env& env) const;
    std::vector<Value> all(const std::vector<ir::ExprId>& ids, Env& env) const;
    [[nodiscard]] bool hold(const std::vector<PredicateCall>& calls) const;

    const ir::Module& module_;
    Value this_run_;
};

// operators.cpp; each throws std::string, the message of the Trap.
Value binary(ir::ExprKind op, const Value& a, const Value& b);
Value negated(const Value& a);
Value index_of(const Value& whole, const Value& at);
Value builtin(BuiltinFunction function, const std::vector<Value>& arguments);
std::string in_text(const TypeTable& types, TypeId type, const Value& value);

}  // namespace weft::reference

// Expressions of the typed IR: all of them are pure. Parts of ir::Module (compiler/ir/module.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/source.h"
#include "compiler/ir/ids.h"
#include "value/type.h"
#include "value/value.h"

namespace weft::ir {

enum class ExprKind : std::uint8_t {
    Literal,  // value
    Local,    // local
    Field,    // a.field number `index`
    Index,    // a[b]: T?
    Not,
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    WholeDivide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,       // a in list b
    InRange,  // a in args[0] .. args[1]
    And,
    Or,         // b only if needed
    Coalesce,   // a ?? b
    ToDecimal,  // Int a where a Decimal is expected (a literal, or a division's operand)
    Record,     // args: all fields in order
    Case,       // case number `index` with args
    List,
    Map,        // args; a Map's are key, value, key, value
    CallFn,     // fn `index` (FnId) of args
    Builtin,    // built-in number `index` of args
    ListFn,     // `list_op` over list a with lambda `index`; Fold's start in b
    Text,       // concatenation of args, each of type Text (holes are ToText)
    ToText,     // a as it stands in a hole
    Prompt,     // prompt `index` (PromptId) of args
    Refine,     // T.from(a): T?; type of the node is T?, `index` the TypeId of T, `extra` its
                // RefineSource
    If,         // a ? b : args[0]
    CaseIs,     // case a has number `index`: Bool
    CaseField,  // field number `index` of the case a (which is known to have case number `extra`)
    IsNone,     // a is none: Bool
    Unwrap,     // a: T? known not to be none, as T
    ErrorIs,    // error a has the name in `text`
    ThisRun,    // record (id, starter, started_at)
    Let,        // local := a, then b (from match arms and if let)
};

enum class ListOp : std::uint8_t { Map, Filter, Any, All, Share, SortBy, GroupBy, FlatMap, Fold };

// What a Refine makes a T of: a value that is one or not, or a Text or Json that is read as one.
enum class RefineSource : std::uint8_t { Value, Text, Json, Error };

struct Expr {
    ExprKind kind = ExprKind::Literal;
    TypeId type;
    Span span;
    ExprId a;
    ExprId b;
    std::vector<ExprId> args;
    LocalId local;
    std::uint32_t index = 0;
    std::uint32_t extra = 0;
    ListOp list_op = ListOp::Map;
    Value value;
    std::string text;
};

}  // namespace weft::ir

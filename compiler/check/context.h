// What all parts of the checker share: the modules of the package, their declarations, and the IR
// that is being made. A declaration is resolved when it is first needed (resolve, declare.cpp), so
// their order in the source does not matter. It must not know files or bytecode.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "compiler/ir/module.h"
#include "compiler/settings.h"
#include "grammar/ast.h"
#include "grammar/parse.h"

namespace weft::lint {
struct Usage;
}

namespace weft::check {

using ModuleId = Id<struct ModuleTag>;
using DeclId = Id<struct DeclTag>;

enum class DeclKind { Record, Enum, Alias, Const, Error, Fn, Prompt, Worker, Workflow };

struct Parameter {
    std::string name;
    TypeId type;
    ast::Expr default_value;
    Span span;
};

struct Signature {
    std::vector<Parameter> parameters;
    TypeId result;
    std::vector<TypeId> variables;  // type parameters of a worker or a built-in
};

struct Declaration {
    enum class State { Untouched, InProgress, Done };
    DeclKind kind = DeclKind::Record;
    ModuleId module;
    ast::View node;
    std::string name;       // as declared
    std::string qualified;  // for people and for the log: "rag.Citation"
    Span name_span;
    State state = State::Untouched;
    State body_state = State::Untouched;  // Workflow
    bool used = false;
    bool used_outside = false;  // by another module
    std::string deprecated;     // what its doc comment says of what to take instead
    TypeId type;                // Record, Enum, Alias, Const; Error: the record of its own fields
    TypeId error_type;          // Error: the whole error record
    ir::ExprId value;           // Const
    std::uint32_t row = 0;      // Fn, Prompt, Worker, Workflow: number in the IR
    Signature signature;
    std::vector<bool> used_in_system;  // Prompt: which parameters stand in its system part
};

struct Import {
    ModuleId module;
    Span span;
    bool used = false;
    std::string path = {};  // as written, of a file
};

struct CaseRef {
    DeclId owner;
    std::uint32_t number = 0;
};

struct ModuleInfo {
    std::string path;
    std::string qualifier;  // "" for the main module
    bool is_standard = false;
    bool deprecates = false;  // some doc comment of it says so
    FileId file;
    std::unique_ptr<ParsedFile> parsed;
    std::map<std::string, Import, std::less<>> imports;
    std::map<std::string, DeclId, std::less<>>
        values;  // const, fn, prompt, worker (dotted), workflow
    std::map<std::string, DeclId, std::less<>> types;
    std::map<std::string, DeclId, std::less<>> errors;
    std::map<std::string, std::vector<CaseRef>, std::less<>> cases;
    std::vector<ast::Test> tests;
    std::vector<ast::Eval> evals;
    std::vector<ast::Schedule> schedules;
    std::vector<ast::Migrate> migrates;
};

// Types that the checker asks for by name all the time.
struct CommonTypes {
    TypeId boolean, integer, decimal, money, text, bytes, duration, date, time, file, json, email,
        url;
    TypeId score;     // Decimal where it in 0..1
    TypeId error;     // name, message, step, attempts, detail
    TypeId verdict;   // accepted, rung, scores, reasons
    TypeId this_run;  // id, starter, started_at
    TypeId bottom;    // the type of no value: element of `[]` and of `none`
    TypeId none;      // bottom?
};

// A name that should be read somewhere; reported at the end if it is not (usage.cpp).
struct Watched {
    ir::LocalId local;
    DiagnosticCode code;
};

// A place that names a declaration which is to be left.
struct DeprecatedUse {
    Span span;
    DeclId declaration;
};

struct Context {
    ir::Module& module;
    Diagnostics& diagnostics;
    IdVector<ModuleId, ModuleInfo> modules;
    IdVector<DeclId, Declaration> declarations;
    CommonTypes common;
    std::vector<bool> used_locals;  // by LocalId; grows with the module's locals
    std::vector<Watched> watched;
    std::map<std::uint32_t, ir::ExprId> let_values;  // by the index of a `let`'s local
    std::optional<PackageSettings> settings = {};
    std::vector<SilencedLater> silenced_later = {};
    std::vector<DeprecatedUse> deprecated_uses = {};
    std::map<std::uint32_t, std::string> origins = {};  // of locals, by index (origins.h)
    // What runs of a workflow use (lint/bounds.h), by its row and what is assumed.
    mutable std::map<std::pair<std::uint32_t, int>, std::shared_ptr<const lint::Usage>>
        usage_of_runs = {};
    mutable std::map<ir::LocalId, std::size_t> eaches_by_result = {};
    mutable std::size_t eaches_noted = 0;
    std::vector<ast::Expr> open_defaults = {};  // that are being checked, each for the one before
    std::vector<ast::Expr> mistaken_defaults = {};
    std::size_t defaults_inside_others = 0;
    std::vector<DeclId> open_prompts = {};
    FileId settings_file = {};  // its weft.toml among the sources, once a message points into it

    [[nodiscard]] TypeTable& types() const { return module.types; }
    // Type names in the message follow "a"; it becomes "an" where one sounds so.
    Diagnostic& report(DiagnosticCode code, Span span, std::string message) const;
    [[nodiscard]] std::string text(TypeId type) const;  // `Bool`, also for the error type
    // Whether the source from the begin of `span` to the end of the line on which it ends has a
    // syntax error: what is missing there may have been hidden by it.
    [[nodiscard]] bool has_syntax_error(Span span) const;
    // The `each` whose result the local is; null when it is none.
    [[nodiscard]] const ir::Each* each_of(ir::LocalId local) const;
    ir::LocalId add_local(std::string name, TypeId type, Span span);
    void use_local(ir::LocalId local) { used_locals[local.index] = true; }
};

}  // namespace weft::check

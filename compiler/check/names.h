// What a name stands for: looked up in a module and in those it imports. Local names are the
// business of a Body (body.h).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/check/context.h"

namespace weft::check {

using Dotted = std::vector<std::string_view>;

// None when nothing has the name. What is found counts as used.
DeclId find_value(Context& context, ModuleId module, const Dotted& name);
DeclId find_type(Context& context, ModuleId module, const Dotted& name);
DeclId find_error(Context& context, ModuleId module, const Dotted& name);
// All cases of that name; several enums of one module may have it.
std::vector<CaseRef> find_cases(Context& context, ModuleId module, const Dotted& name);
bool is_builtin_error(std::string_view name);
const std::vector<std::string>& builtin_errors();
bool is_import(const Context& context, ModuleId module, std::string_view name);
// The import could not be read: what it would declare is unknown, and was reported.
bool is_broken_import(const Context& context, ModuleId module, std::string_view name);

std::string joined(const Dotted& name);
Dotted dotted_of(ast::Path path);

// "there is no worker `llm.generat`", with the nearest and some legal names.
Diagnostic& report_unknown(const Context& context, DiagnosticCode code, Span span,
                           std::string_view what, std::string_view name,
                           const std::vector<std::string>& legal);
// Names that could stand where `name` stands: of the module that its first part names, else of
// this.
std::vector<std::string> legal_values(const Context& context, ModuleId module, const Dotted& name);
std::vector<std::string> legal_errors(const Context& context, ModuleId module, const Dotted& name);
std::vector<std::string> legal_types(const Context& context, ModuleId module, const Dotted& name);

}  // namespace weft::check

#include "compiler/check/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/deprecated.h"
#include "compiler/check/others.h"

namespace weft::check {

namespace {

using Table = std::map<std::string, DeclId, std::less<>>;

Import* import_of(Context& context, ModuleId module, std::string_view name) {
    auto& imports = context.modules[module].imports;
    auto found = imports.find(name);
    if (found == imports.end()) return nullptr;
    found->second.used = true;
    return &found->second;
}

DeclId take(Context& context, const Table& table, std::string_view name) {
    auto found = table.find(name);
    if (found == table.end()) return {};
    context.declarations[found->second].used = true;
    return found->second;
}

DeclId look_in(Context& context, ModuleId module, const Dotted& name, Table ModuleInfo::* table) {
    if (name.empty()) return {};
    const Table& own = context.modules[module].*table;
    if (name.size() == 1) return take(context, own, name[0]);
    if (DeclId dotted = take(context, own, joined(name)); dotted.has_value()) return dotted;
    Import* import = import_of(context, module, name[0]);
    if (import == nullptr || !import->module.has_value()) return {};
    const Table& other = context.modules[import->module].*table;
    // A worker of the module may have dots of its own: `stock.shelves.take`.
    DeclId found = take(context, other, joined({name.begin() + 1, name.end()}));
    if (!found.has_value()) found = take(context, other, joined(name));
    if (found.has_value()) context.declarations[found].used_outside = true;
    return found;
}

DeclId find_in(Context& context, ModuleId module, const Dotted& name, Table ModuleInfo::* table) {
    const DeclId found = look_in(context, module, name, table);
    if (found.has_value()) note_deprecated(context, module, name, found);
    return found;
}

std::vector<std::string> legal_in(const Context& context, ModuleId module, const Dotted& name,
                                  Table ModuleInfo::* table) {
    std::vector<std::string> out;
    const auto& info = context.modules[module];
    if (name.size() > 1) {
        auto import = info.imports.find(name[0]);
        if (import != info.imports.end() && import->second.module.has_value()) {
            for (const auto& [word, id] : context.modules[import->second.module].*table) {
                const auto front = std::string(name[0]) + ".";
                out.push_back(word.starts_with(front) ? word : front + word);
            }
            return out;
        }
    }
    for (const auto& [word, id] : info.*table) out.push_back(word);
    // What another module declares by that very name.
    const auto whole = joined(name);
    for (const auto& [module_name, import] : info.imports) {
        if (!import.module.has_value()) continue;
        if ((context.modules[import.module].*table).contains(whole)) {
            out.push_back(fmt::format("{}.{}", module_name, whole));
        }
    }
    return out;
}

std::optional<std::string> in_a_module(std::string_view name,
                                       const std::vector<std::string>& legal) {
    const auto ending = "." + std::string(name);
    for (const auto& word : legal) {
        if (word.ends_with(ending)) return word;
    }
    return std::nullopt;
}

}  // namespace

std::string joined(const Dotted& name) {
    return fmt::format("{}", fmt::join(name, "."));
}

Dotted dotted_of(ast::Path path) {
    Dotted out;
    for (const auto& name : path.names()) out.push_back(name.text());
    return out;
}

DeclId find_value(Context& context, ModuleId module, const Dotted& name) {
    return find_in(context, module, name, &ModuleInfo::values);
}

DeclId find_type(Context& context, ModuleId module, const Dotted& name) {
    return find_in(context, module, name, &ModuleInfo::types);
}

DeclId find_error(Context& context, ModuleId module, const Dotted& name) {
    return find_in(context, module, name, &ModuleInfo::errors);
}

std::vector<CaseRef> find_cases(Context& context, ModuleId module, const Dotted& name) {
    if (name.empty() || name.size() > 2) return {};
    if (name.size() == 2) {
        Import* import = import_of(context, module, name[0]);
        if (import == nullptr || !import->module.has_value()) return {};
        module = import->module;
    }
    auto found = context.modules[module].cases.find(name.back());
    if (found == context.modules[module].cases.end()) return {};
    return found->second;
}

const std::vector<std::string>& builtin_errors() {
    static const std::vector<std::string> names = {
        "Transient", "Timeout", "Unavailable",   "Guard", "Rejected",
        "Expired",   "Budget",  "TooManyErrors", "Trap",  "Failed"};
    return names;
}

bool is_builtin_error(std::string_view name) {
    const auto& names = builtin_errors();
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_import(const Context& context, ModuleId module, std::string_view name) {
    return context.modules[module].imports.contains(name);
}

bool is_broken_import(const Context& context, ModuleId module, std::string_view name) {
    const auto& imports = context.modules[module].imports;
    auto found = imports.find(name);
    return found != imports.end() && !found->second.module.has_value();
}

Diagnostic& report_unknown(const Context& context, DiagnosticCode code, Span span,
                           std::string_view what, std::string_view name,
                           const std::vector<std::string>& legal) {
    auto& d = context.report(code, span, fmt::format("there is no {} `{}`", what, name));
    if (auto other = word_of_others(what, name); !other.help.empty()) {
        d.help = other.help;
        if (!other.write.empty()) {
            d.fix = Fix{fmt::format("write `{}`", other.write),
                        {{span, std::string(other.write)}},
                        Applicability::MaybeWrong};
        }
        return d;
    }
    auto near = in_a_module(name, legal);
    if (!near) near = nearest(name, legal);
    if (near) {
        d.help = fmt::format("did you mean `{}`?", *near);
        d.fix = Fix{fmt::format("write `{}`", *near), {{span, *near}}, Applicability::MaybeWrong};
    }
    if (!legal.empty() && legal.size() <= 12) {
        d.notes.push_back(fmt::format("known here: `{}`", fmt::join(legal, "`, `")));
    }
    return d;
}

std::vector<std::string> legal_values(const Context& context, ModuleId module, const Dotted& name) {
    return legal_in(context, module, name, &ModuleInfo::values);
}

std::vector<std::string> legal_errors(const Context& context, ModuleId module, const Dotted& name) {
    auto out = legal_in(context, module, name, &ModuleInfo::errors);
    if (name.size() < 2) out.insert(out.begin(), builtin_errors().begin(), builtin_errors().end());
    return out;
}

std::vector<std::string> legal_types(const Context& context, ModuleId module, const Dotted& name) {
    auto out = legal_in(context, module, name, &ModuleInfo::types);
    if (name.size() < 2) {
        for (const char* word :
             {"Bool", "Int", "Decimal", "Money", "Text", "Bytes", "Duration", "Date", "Time",
              "File", "Json", "Email", "Url", "List", "Map", "Score"}) {
            out.emplace_back(word);
        }
    }
    return out;
}

}  // namespace weft::check

#include "compiler/check/package.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/check/deprecated.h"
#include "compiler/check/doubled.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

// "a/b/main.wf" and "../shared/types.wf" give "a/shared/types.wf"; a path from the root stands by
// itself, and nothing is above the root. The same file always has the same text.
std::string join_path(std::string_view from, std::string_view relative) {
    const auto slash = from.rfind('/');
    std::string whole(relative.starts_with('/') || slash == std::string_view::npos
                          ? std::string_view()
                          : from.substr(0, slash + 1));
    whole += relative;
    const bool is_absolute = whole.starts_with('/');
    std::vector<std::string_view> parts;
    for (std::string_view left = whole; !left.empty();) {
        const auto end = std::min(left.find('/'), left.size());
        const auto part = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.push_back(part);
        } else if (!parts.empty() && parts.back() != "..") {
            parts.pop_back();
        } else if (!is_absolute) {
            parts.push_back(part);
        }
    }
    if (parts.empty()) return is_absolute ? "/" : ".";
    return fmt::format("{}{}", is_absolute ? "/" : "", fmt::join(parts, "/"));
}

// `claim_form` as ClaimForm, `PayBack` as pay_back.
std::string in_style(std::string_view name, bool is_type) {
    std::string out;
    bool at_word = true;
    for (char c : name) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        if (is_type && c == '_') {
            at_word = true;
            continue;
        }
        if (!is_type && is_upper && !out.empty()) out += '_';
        const bool raise = is_type && at_word && c >= 'a' && c <= 'z';
        const bool lower = !is_type && is_upper;
        out += raise   ? static_cast<char>(c - 'a' + 'A')
               : lower ? static_cast<char>(c - 'A' + 'a')
                       : c;
        at_word = false;
    }
    return out;
}

std::string stem(std::string_view path) {
    std::size_t slash = path.rfind('/');
    if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
    return std::string(path.substr(0, path.find('.')));
}

class Loading {
  public:
    Loading(Context& context, PackageLoader& loader) : context_(context), loader_(loader) {}

    ModuleId load(const std::string& path, std::string qualifier, bool standard, Span use) {
        auto known = by_path_.find(path);
        if (known != by_path_.end()) {
            if (open_.contains(path)) {
                context_.report(DiagnosticCode::DependencyCycle, use,
                                fmt::format("`{}` imports itself, over the modules between", path));
            }
            return known->second;
        }
        auto text = standard ? loader_.read_standard(path) : loader_.read_file(path);
        if (!text) {
            auto& d = context_.report(DiagnosticCode::ImportNotFound, use,
                                      fmt::format("the module `{}` can't be read", path));
            d.notes.push_back(text.error().message);
            d.help = text.error().hint;
            if (path.starts_with("std.")) {
                d.help = fmt::format("the standard library stands without quotes: `use {}`", path);
            }
            return {};
        }
        ModuleId id = context_.modules.add({});
        by_path_.emplace(path, id);
        open_.insert(path);
        FileId file = context_.module.sources.add(standard ? "std/" + qualifier + ".wf" : path,
                                                  std::move(*text));
        {
            auto& info = context_.modules[id];
            info.path = path;
            info.qualifier = std::move(qualifier);
            info.is_standard = standard;
            info.file = file;
            info.parsed = std::make_unique<ParsedFile>(
                parse(file, context_.module.sources[file], context_.diagnostics));
            info.deprecates = deprecates(context_.module.sources[file].text());
        }
        refuse_doubled(context_, context_.modules[id].parsed->tree);
        ast::Module tree(context_.modules[id].parsed->tree);
        for (const auto& decl : tree.declarations()) {
            if (auto use_decl = decl.as<ast::Use>()) import(id, use_decl);
        }
        for (const auto& decl : tree.declarations()) declare(id, decl);
        open_.erase(path);
        return id;
    }

  private:
    void import(ModuleId into, ast::Use use) {
        std::string name;
        std::string file_path;
        ModuleId target;
        if (auto file = use.file()) {
            auto relative = plain_text(file);
            if (!relative) return;
            name = stem(*relative);
            file_path = *relative;
            if (context_.modules[into].is_standard) return;
            target =
                load(join_path(context_.modules[into].path, *relative), name, false, use.span());
        } else {
            auto names = use.path().names();
            if (names.empty()) return;
            name = names.back().text();
            target = load(std::string(use.path().text()), name, true, use.span());
        }
        auto& imports = context_.modules[into].imports;
        auto [it, is_new] = imports.try_emplace(name, Import{target, use.span(), false, file_path});
        if (!is_new) {
            auto& d = context_.report(DiagnosticCode::DuplicateName, use.span(),
                                      fmt::format("a module `{}` is imported twice", name));
            d.secondary.push_back({it->second.span, "imported here first"});
        }
    }

    static std::optional<DeclKind> kind_of_node(NodeKind kind) {
        switch (kind) {
            case NodeKind::Record:
                return DeclKind::Record;
            case NodeKind::Enum:
                return DeclKind::Enum;
            case NodeKind::TypeAlias:
                return DeclKind::Alias;
            case NodeKind::Const:
                return DeclKind::Const;
            case NodeKind::ErrorDecl:
                return DeclKind::Error;
            case NodeKind::Fn:
                return DeclKind::Fn;
            case NodeKind::Prompt:
                return DeclKind::Prompt;
            case NodeKind::Worker:
                return DeclKind::Worker;
            case NodeKind::Workflow:
                return DeclKind::Workflow;
            default:
                return std::nullopt;
        }
    }

    void declare(ModuleId id, ast::Decl node) {
        auto kind = kind_of_node(node.kind());
        if (!kind) {
            keep(id, node);
            return;
        }
        ast::View name = *kind == DeclKind::Worker ? ast::View(node.child<ast::Path>())
                                                   : ast::View(node.child<ast::Name>());
        if (!name || name.text().empty()) return;
        auto& info = context_.modules[id];
        std::string text(name.text());
        Declaration decl;
        decl.kind = *kind;
        decl.module = id;
        decl.node = node;
        decl.name = text;
        bool is_dotted = text.find('.') != std::string::npos;
        decl.qualified = info.qualifier.empty() || is_dotted ? text : info.qualifier + "." + text;
        decl.name_span = name.span();
        if (info.deprecates) decl.deprecated = deprecation(info.parsed->tree, node.id());
        bool is_type =
            *kind == DeclKind::Record || *kind == DeclKind::Enum || *kind == DeclKind::Alias;
        auto& table = is_type ? info.types : *kind == DeclKind::Error ? info.errors : info.values;
        DeclId decl_id = context_.declarations.add(std::move(decl));
        auto [it, is_new] = table.try_emplace(text, decl_id);
        if (!is_new) {
            auto& d = context_.report(DiagnosticCode::DuplicateName, name.span(),
                                      fmt::format("`{}` is declared twice", text));
            d.secondary.push_back(
                {context_.declarations[it->second].name_span, "declared here first"});
            return;
        }
        // Under a name of the wrong style, which was reported, it is found under the right one too.
        table.try_emplace(in_style(text, is_type || *kind == DeclKind::Error), decl_id);
        if (auto e = node.as<ast::Enum>()) {
            std::uint32_t number = 0;
            for (const auto& c : e.cases()) {
                info.cases[std::string(c.name().text())].push_back({decl_id, number++});
            }
        }
        if (!is_type && info.imports.contains(text)) {
            context_.report(DiagnosticCode::ShadowedName, name.span(),
                            fmt::format("`{}` has the name of an imported module", text));
        }
    }

    // Declarations that nothing can name.
    void keep(ModuleId id, ast::Decl node) {
        if (auto test = node.as<ast::Test>()) {
            context_.modules[id].tests.push_back(test);
        } else if (auto schedule = node.as<ast::Schedule>()) {
            context_.modules[id].schedules.push_back(schedule);
        } else if (auto migrate = node.as<ast::Migrate>()) {
            context_.modules[id].migrates.push_back(migrate);
        } else if (auto eval = node.as<ast::Eval>()) {
            context_.modules[id].evals.push_back(eval);
        }
    }

    Context& context_;
    PackageLoader& loader_;
    std::map<std::string, ModuleId> by_path_;
    std::set<std::string> open_;
};

}  // namespace

void load_package(Context& context, std::string_view main_path, PackageLoader& loader) {
    Loading(context, loader).load(std::string(main_path), "", false, {});
}

}  // namespace weft::check

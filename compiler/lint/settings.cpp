// What weft.toml says beside a program: workers that nothing implements, models whose names may
// mean another one tomorrow or that read less than a prompt may say, modules from outside.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "compiler/check/constants.h"
#include "compiler/check/names.h"
#include "compiler/check/relations.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using ir::ExprKind;

// What a model's provider counts in; about so many characters of plain text are one.
constexpr std::int64_t kCharactersPerToken = 4;
constexpr std::int64_t kLongestNumber = 40;

// `name` covers `worker` when it is the worker's name or ends at one of its dots.
bool covers(std::string_view name, std::string_view worker) {
    return worker.starts_with(name) && (worker.size() == name.size() || worker[name.size()] == '.');
}

bool is_covered(const std::vector<std::string>& names, std::string_view worker) {
    return std::ranges::any_of(names, [&](const auto& name) { return covers(name, worker); });
}

// --- workers

// Once a package binds some of its workers, it binds all that its runs call.
void check_bound(const Context& context, const PackageSettings& settings) {
    if (settings.bound.empty()) return;
    std::set<std::uint32_t> reported;
    for (const auto& step : context.module.steps) {
        if (!step.worker.has_value() || !reported.insert(step.worker.index).second) continue;
        const ir::Worker& worker = context.module.workers[step.worker];
        const auto& name = worker.row.name;
        if (is_covered(settings.bound, name) || is_covered(settings.built_in, name)) continue;
        auto& d = context.report(
            DiagnosticCode::WorkerNotBound, step.span,
            fmt::format("nothing in {} says how `{}` is reached", settings.path, name));
        d.secondary.push_back({worker.span, "declared here"});
        d.help = fmt::format("add a section `[workers.\"{}\"]`", name);
        if (auto near = nearest(name, settings.bound)) {
            d.notes.push_back(fmt::format("there is a section for `{}`", *near));
        }
    }
}

// --- models

// A name that says which version it means has a date or a number of four digits or more, or a
// digest.
bool is_pinned(std::string_view name) {
    if (name.ends_with("latest")) return false;
    std::size_t digits = 0;
    for (char c : name) {
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        if (digits == 4) return true;
    }
    return name.find('@') != std::string_view::npos;
}

void check_models(Context& context, const PackageSettings& settings) {
    for (const auto& model : settings.models) {
        if (model.name.empty() || is_pinned(model.name)) continue;
        if (!context.settings_file.has_value()) {
            context.settings_file = context.module.sources.add(settings.path, settings.text);
        }
        auto& d = context.report(
            DiagnosticCode::UnpinnedModel, Span{context.settings_file, model.begin, model.end},
            fmt::format("`{}` says no version, so it may be another model tomorrow", model.name));
        d.help = "name the dated version that was tested";
    }
}

// The most characters that a text has; none when nothing bounds it.
class Longest {
  public:
    explicit Longest(const Context& context) : context_(context) {}

    [[nodiscard]] std::optional<std::int64_t> of(ir::ExprId id) const {
        const ir::Expr& e = context_.module.exprs[id];
        if (auto known = check::known_value(context_, id); known && known->tag() == Tag::Text) {
            return static_cast<std::int64_t>(known->as_text().size());
        }
        switch (e.kind) {
            case ExprKind::Text:
                return sum(e.args);
            case ExprKind::ToText:
                return kLongestNumber;
            case ExprKind::If: {
                auto a = of(e.b);
                auto b = of(e.args[0]);
                if (!a || !b) return std::nullopt;
                return std::max(*a, *b);
            }
            case ExprKind::Builtin:
                if (e.index == static_cast<std::uint32_t>(BuiltinFunction::Join)) return joined(e);
                break;
            default:
                break;
        }
        auto most = check::length_of(context_, id).max;
        return most ? most->to_int() : std::nullopt;
    }

  private:
    [[nodiscard]] std::optional<std::int64_t> sum(const std::vector<ir::ExprId>& parts) const {
        std::int64_t out = 0;
        for (auto part : parts) {
            auto one = of(part);
            if (!one) return std::nullopt;
            out += *one;
        }
        return out;
    }

    // `${each x in xs}` is join(map(xs, x => text), between).
    [[nodiscard]] std::optional<std::int64_t> joined(const ir::Expr& e) const {
        const ir::Expr& list = context_.module.exprs[e.args[0]];
        if (list.kind != ExprKind::ListFn || list.list_op != ir::ListOp::Map) return std::nullopt;
        auto count = check::length_of(context_, list.a).max;
        auto item = of(context_.module.lambdas[ir::LambdaId{list.index}].body);
        auto number = count ? count->to_int() : std::nullopt;
        if (!number || !item) return std::nullopt;
        return *number * *item;
    }

    const Context& context_;
};

void check_prompts(const Context& context, const PackageSettings& settings) {
    for (const auto& step : context.module.steps) {
        if (!step.worker.has_value()) continue;
        const auto& name = context.module.workers[step.worker].row.name;
        auto model = std::ranges::find_if(settings.models, [&](const ModelSetting& one) {
            return one.context_tokens > 0 && covers(one.worker, name);
        });
        if (model == settings.models.end()) continue;
        for (auto arg : step.args) {
            const ir::Expr& e = context.module.exprs[arg];
            if (e.kind != ExprKind::Prompt) continue;
            const ir::Prompt& prompt = context.module.prompts[ir::PromptId{e.index}];
            const Longest longest(context);
            auto user = longest.of(prompt.user);
            auto system = prompt.system.has_value() ? longest.of(prompt.system) : 0;
            if (!user || !system) continue;
            const std::int64_t tokens = (*user + *system) / kCharactersPerToken;
            if (tokens <= model->context_tokens) continue;
            auto& d =
                context.report(DiagnosticCode::PromptOverContext, e.span,
                               fmt::format("`{}` may have some {} tokens, and its model reads {}",
                                           prompt.name, tokens, model->context_tokens));
            d.notes.push_back(
                fmt::format("{} says `context` for `{}`; four characters are taken "
                            "for a token",
                            settings.path, model->worker));
            d.help = "bound its lists and texts more tightly, or pass only what is needed";
        }
    }
}

// --- modules

// Folders that a path goes up, less those that it goes down before.
bool leaves_folder(std::string_view path) {
    if (path.starts_with('/')) return true;
    int depth = 0;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        if (part == "..") {
            --depth;
        } else if (part != ".") {
            ++depth;
        }
        if (depth < 0) return true;
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    return false;
}

std::string_view inside(std::string_view path, std::string_view folder) {
    if (!folder.empty() && path.starts_with(folder) && path.size() > folder.size() &&
        path[folder.size()] == '/') {
        path.remove_prefix(folder.size() + 1);
    }
    return path;
}

void check_imports(const Context& context, const PackageSettings& settings) {
    for (const auto& module : context.modules) {
        if (module.is_standard) continue;
        for (const auto& [name, import] : module.imports) {
            if (import.path.empty() || !import.module.has_value()) continue;
            const auto& target = context.modules[import.module];
            if (!leaves_folder(inside(target.path, settings.folder))) continue;
            auto pin = settings.pins.find(import.path);
            const auto text = context.module.sources[target.file].text();
            const std::string now = to_hex(view(sha256(text)));
            if (pin != settings.pins.end() && pin->second == now) continue;
            auto& d = context.report(
                DiagnosticCode::UnpinnedImport, import.span,
                pin == settings.pins.end()
                    ? fmt::format("`{}` is outside of the package, and nothing says in which "
                                  "version",
                                  import.path)
                    : fmt::format("`{}` is another one than {} pins", import.path, settings.path));
            d.help = fmt::format("write under [pins] in {}: \"{}\" = \"{}\"", settings.path,
                                 import.path, now);
        }
    }
}

}  // namespace

void check_settings(Context& context) {
    if (!context.settings) return;
    const PackageSettings& settings = *context.settings;
    check_bound(context, settings);
    check_models(context, settings);
    check_prompts(context, settings);
    check_imports(context, settings);
}

}  // namespace weft::lint

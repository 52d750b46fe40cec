// Migrate blocks: which steps of a workflow take over what, for runs that come from another
// program.
#include "compiler/check/migrates.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/declare.h"
#include "compiler/check/expressions.h"

namespace weft::check {

namespace {

constexpr std::size_t kHashDigitsMin = 8;
constexpr std::size_t kHashDigits = 64;

bool is_hash(std::string_view text) {
    return text.size() >= kHashDigitsMin && text.size() <= kHashDigits &&
           std::ranges::all_of(
               text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view own_name(const ir::Module& module, const ir::Step& step) {
    return step.result.has_value() ? std::string_view(module.locals[step.result].name) : "";
}

// The step of the workflow that calls a worker under this name; the outermost one.
const ir::Step* find_step(const ir::Module& module, const std::string& workflow,
                          std::string_view name, std::vector<std::string>& legal) {
    const ir::Step* best = nullptr;
    const auto tail = "." + std::string(name);
    const auto depth = [](const ir::Step& step) { return std::ranges::count(step.path, '.'); };
    for (const auto& step : module.steps) {
        if (!step.worker.has_value() || !step.path.starts_with(workflow + ".")) continue;
        const auto own = own_name(module, step);
        if (!own.empty()) legal.emplace_back(own);
        if (own != name && !step.path.ends_with(tail)) continue;
        if (best == nullptr || depth(step) < depth(*best)) best = &step;
    }
    return best;
}

class CheckMigrate {
  public:
    CheckMigrate(Context& context, ModuleId module, ir::Migrate& row)
        : context_(context), module_(module), row_(row) {}

    void line(ast::Statement line) {
        const auto node = line.as<ast::Step>();
        const auto value = node ? node.body().as<ast::Expr>() : ast::Expr{};
        if (!node || !node.name() || !value || !node.clauses().empty()) {
            auto& d =
                context_.report(DiagnosticCode::MisplacedStatement, line.span(),
                                "a migrate block says what steps take over, and nothing else");
            d.help = "write `step NAME = old.NAME`, a line for each step";
            return;
        }
        const std::string workflow = context_.module.workflows[row_.workflow].name;
        std::vector<std::string> legal;
        const auto* step = find_step(context_.module, workflow, node.name().text(), legal);
        if (step == nullptr) {
            report_unknown(context_, DiagnosticCode::UnknownName, node.name().span(),
                           fmt::format("step of `{}`:", workflow), node.name().text(), legal);
            return;
        }
        ir::Migrate::Mapping mapping;
        mapping.path = step->path;
        const TypeId wanted = step->result_type;
        const auto same =
            std::ranges::find(row_.mappings, mapping.path, &ir::Migrate::Mapping::path);
        if (same != row_.mappings.end()) {
            context_.report(DiagnosticCode::DuplicateName, node.name().span(),
                            fmt::format("the step `{}` takes over two values", node.name().text()));
            return;
        }
        MigrateFrame frame{.workflow = workflow};
        Body body{.context = context_, .module = module_};
        body.migrate = &frame;
        mapping.value =
            expect_expr(body, value, wanted, fmt::format("the step `{}`", node.name().text()));
        mapping.reads = std::move(frame.reads);
        mapping.paths = std::move(frame.paths);
        row_.mappings.push_back(std::move(mapping));
    }

  private:
    Context& context_;
    ModuleId module_;
    ir::Migrate& row_;
};

void check_migrate(Context& context, ModuleId module, ast::Migrate node) {
    const Dotted name{node.name().text()};
    const DeclId id = find_value(context, module, name);
    if (!id.has_value() || context.declarations[id].kind != DeclKind::Workflow) {
        report_unknown(context, DiagnosticCode::UnknownName, node.name().span(), "workflow",
                       node.name().text(), legal_values(context, module, name));
        return;
    }
    resolve(context, id);
    ir::Migrate row;
    row.workflow = context.declarations[id].row;
    row.span = node.name().span();
    const auto from = node.from_hash();
    auto text = from.text();
    if (text.size() >= 2) text = text.substr(1, text.size() - 2);
    if (!is_hash(text)) {
        auto& d = context.report(DiagnosticCode::BadLiteral, from.span(),
                                 fmt::format("`{}` is no hash of a program", text));
        d.help =
            "write the first 8 digits or more of the hash that `weft compat` and `weft migrate` "
            "name";
        return;
    }
    row.from = std::string(text);
    for (const auto& known : context.module.migrates) {
        if (known.workflow != row.workflow || known.from != row.from) continue;
        auto& d = context.report(
            DiagnosticCode::DuplicateName, node.name().span(),
            fmt::format("runs of `{}` from \"{}\" migrate twice", name[0], row.from));
        d.secondary.push_back({known.span, "declared here first"});
        return;
    }
    CheckMigrate check(context, module, row);
    for (const auto& line : node.body().children<ast::Statement>()) check.line(line);
    context.module.migrates.push_back(std::move(row));
}

}  // namespace

ir::ExprId check_old_value(Body& body, const Dotted& name, Span span, TypeId wanted) {
    Context& context = body.context;
    if (name.size() != 2) {
        auto& d =
            context.report(DiagnosticCode::UnknownName, span,
                           fmt::format("`{}` is no step of the program before", joined(name)));
        d.help =
            "`old.NAME` is what the step NAME gave; hand it to a function whose parameter has "
            "its type to read a field of it";
        return add_mistake(context, span);
    }
    auto& frame = *body.migrate;
    const TypeId type = wanted.has_value() ? wanted : context.common.json;
    const auto path = fmt::format("{}.{}", frame.workflow, name[1]);
    for (std::size_t i = 0; i < frame.reads.size(); ++i) {
        const bool is_it =
            frame.paths[i] == path && context.module.locals[frame.reads[i]].type == type;
        if (is_it) return add_local_ref(body, frame.reads[i], span);
    }
    const auto local = context.add_local(joined(name), type, span);
    context.use_local(local);
    frame.reads.push_back(local);
    frame.paths.push_back(path);
    return add_local_ref(body, local, span);
}

void check_migrates(Context& context) {
    for (std::uint32_t i = 0; i < context.modules.size(); ++i) {
        const auto migrates = context.modules[ModuleId{i}].migrates;
        for (const auto& migrate : migrates) check_migrate(context, ModuleId{i}, migrate);
    }
}

}  // namespace weft::check

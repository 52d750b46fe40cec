#include "compiler/lower/lower.h"

#include "bytecode/verify.h"
#include "compiler/lower/emitter.h"

namespace weft {
namespace {

ParameterRow parameter_row(const ir::Module& module, const ir::WorkflowParameter& parameter) {
    const auto& local = module.locals[parameter.local];
    return {local.name, local.type, parameter.default_value.has_value(),
            parameter.default_value.value_or(Value::none())};
}

// A pure function of the workflow's parameters, or no row.
std::uint32_t lower_of_input(lowering::ImageTables& tables, const ir::Workflow& workflow,
                             ir::ExprId value, std::string_view what) {
    if (!value.has_value()) return WorkerRow::kNoRow;
    lowering::Emitter emitter(tables, workflow.name + "." + std::string(what), FunctionKind::Pure);
    for (const auto& parameter : workflow.parameters) emitter.parameter(parameter.local);
    emitter.finish_with_expression(value);
    return emitter.number();
}

void lower_workflow(lowering::ImageTables& tables, const ir::Workflow& workflow) {
    lowering::Emitter emitter(tables, workflow.name, FunctionKind::Workflow);
    WorkflowRow row;
    row.name = workflow.name;
    row.doc = workflow.doc;
    row.function = emitter.number();
    for (const auto& parameter : workflow.parameters) {
        emitter.parameter(parameter.local);
        row.parameters.push_back(parameter_row(tables.module, parameter));
    }
    for (const auto& tune : workflow.tunes) {
        emitter.parameter(tune.local);
        row.tunes.push_back(parameter_row(tables.module, tune));
    }
    row.result_type = workflow.result;
    row.within_ms = workflow.within_ms;
    row.has_budget = workflow.has_budget;
    row.budget_micros = workflow.budget_micros;
    row.budget_currency = workflow.budget_currency;
    row.retain_ms = workflow.retain_ms;
    row.strict_order = workflow.strict_order;
    row.key_function = lower_of_input(tables, workflow, workflow.key, "key");
    row.subject_function = lower_of_input(tables, workflow, workflow.subject, "subject");
    row.until_function = lower_of_input(tables, workflow, workflow.until, "until");
    for (const auto& signal : workflow.signals) {
        row.signals.push_back({signal.name, signal.was, signal.type});
    }
    tables.image.workflows.push_back(std::move(row));
    const auto number = tables.image.workflows.size() - 1;
    emitter.finish_with(workflow.body);
    lowering::lower_hooks(tables, workflow, emitter, number);
}

// Predicates come first: Constraint::function in the type table is their number.
void lower_predicates(lowering::ImageTables& tables) {
    // All are reserved before the first is lowered, so that a lambda cannot come between them.
    std::vector<lowering::Emitter> emitters;
    emitters.reserve(tables.module.predicates.size());
    for (std::size_t i = 0; i < tables.module.predicates.size(); ++i) {
        emitters.emplace_back(tables, "where", FunctionKind::Pure);
    }
    for (std::size_t i = 0; i < emitters.size(); ++i) {
        emitters[i].parameter(tables.module.predicates[i].it);
        emitters[i].finish_with_expression(tables.module.predicates[i].body);
    }
}

void lower_migrates(lowering::ImageTables& tables) {
    for (const auto& migrate : tables.module.migrates) {
        MigrateRow row;
        row.workflow = migrate.workflow;
        row.from = migrate.from;
        for (const auto& mapping : migrate.mappings) {
            lowering::Emitter emitter(tables, mapping.path + ".migrate", FunctionKind::Pure);
            MigratedStep step;
            step.path = mapping.path;
            step.function = emitter.number();
            step.reads = mapping.paths;
            for (const auto read : mapping.reads) {
                emitter.parameter(read);
                step.types.push_back(tables.module.locals[read].type);
            }
            emitter.finish_with_expression(mapping.value);
            row.steps.push_back(std::move(step));
        }
        tables.image.migrates.push_back(std::move(row));
    }
}

// What the checks of types allowed to reach each call stands there; what does reach it takes its
// place, and is never more.
bool certify_labels(Image& image, Diagnostics& diagnostics) {
    auto found = verify::labels_of_calls(image);
    std::string problem = found ? "" : found.error().message;
    for (std::size_t i = 0; found && i < found->size(); ++i) {
        auto& call = image.certificate.calls[i];
        for (std::size_t k = 0; k < call.labels.size(); ++k) {
            if (((*found)[i][k] & ~unsigned{call.labels[k]}) == 0) continue;
            const auto& site = image.sites[call.site];
            problem = "a label reaches a call of " + image.functions[site.function].name +
                      " that its types do not have";
        }
        call.labels = std::move((*found)[i]);
    }
    if (problem.empty()) return true;
    auto& d = diagnostics.report(DiagnosticCode::InternalError, Span{FileId{0}, 0, 0}, problem);
    d.help = "this is a mistake of the compiler: please report it, with the program";
    return false;
}

}  // namespace

void lowering::lower_program(ImageTables& tables) {
    lower_predicates(tables);
    for (const auto& workflow : tables.module.workflows) lower_workflow(tables, workflow);
    tables.finish_certificate();
}

std::optional<Image> lower(const ir::Module& module, Diagnostics& diagnostics) {
    lowering::ImageTables tables(module);
    lowering::lower_program(tables);
    for (const auto& schedule : module.schedules) {
        tables.image.schedules.push_back(schedule.row);
    }
    lower_migrates(tables);
    if (tables.too_large) {
        Span at = module.workflows.empty() ? Span{} : module.workflows.front().span;
        diagnostics.report(DiagnosticCode::ProgramTooLarge, at,
                           "a block has more values than fit: more than 4,096 registers");
        return std::nullopt;
    }
    if (!certify_labels(tables.image, diagnostics)) return std::nullopt;
    return std::move(tables.image);
}

std::optional<Image> verified(std::optional<Image> image, Diagnostics& diagnostics) {
    if (!image) return std::nullopt;
    auto result = verify_image(*image);
    if (result) return image;
    auto& d = diagnostics.report(DiagnosticCode::InternalError, Span{FileId{0}, 0, 0},
                                 "the compiled program does not verify: " + result.error().message);
    d.help = "this is a mistake of the compiler: please report it, with the program";
    return std::nullopt;
}

}  // namespace weft

#include "compiler/lower/lower.h"

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

}  // namespace

void lowering::lower_program(ImageTables& tables) {
    lower_predicates(tables);
    for (const auto& workflow : tables.module.workflows) lower_workflow(tables, workflow);
}

std::optional<Image> lower(const ir::Module& module, Diagnostics& diagnostics) {
    lowering::ImageTables tables(module);
    lowering::lower_program(tables);
    for (const auto& schedule : module.schedules) {
        tables.image.schedules.push_back(schedule.row);
    }
    if (tables.too_large) {
        Span at = module.workflows.empty() ? Span{} : module.workflows.front().span;
        diagnostics.report(DiagnosticCode::ProgramTooLarge, at,
                           "a block needs more than 65535 registers");
        return std::nullopt;
    }
    return std::move(tables.image);
}

}  // namespace weft

// Hooks of a workflow: functions of their own, which get its parameters, its tune values and, at
// the end of the run, the slots of its steps.
#include "compiler/lower/emitter.h"

namespace weft::lowering {
namespace {

std::uint32_t lower_hook(ImageTables& tables, const ir::Workflow& workflow, const ir::Hook& hook,
                         std::string_view name) {
    if (!hook.body.has_value()) return WorkerRow::kNoRow;
    Emitter emitter(tables, workflow.name + "." + std::string(name), FunctionKind::Hook);
    for (auto local : hook.own) emitter.parameter(local);
    for (const auto& parameter : workflow.parameters) emitter.parameter(parameter.local);
    for (const auto& tune : workflow.tunes) emitter.parameter(tune.local);
    for (const auto& [name_here, step] : hook.steps) emitter.parameter(name_here);
    emitter.finish_with(hook.body);
    return emitter.number();
}

std::vector<std::uint16_t> slots_of(const Emitter& body, const ir::Hook& hook) {
    std::vector<std::uint16_t> out;
    for (const auto& [name_here, step] : hook.steps) out.push_back(body.slot(step));
    return out;
}

}  // namespace

void lower_hooks(ImageTables& tables, const ir::Workflow& workflow, const Emitter& body,
                 std::size_t row_number) {
    const auto before = lower_hook(tables, workflow, workflow.before_step, "before_step");
    const auto after = lower_hook(tables, workflow, workflow.after_step, "after_step");
    const auto retry = lower_hook(tables, workflow, workflow.on_retry, "on_retry");
    const auto failure = lower_hook(tables, workflow, workflow.on_failure, "on_failure");
    const auto finally = lower_hook(tables, workflow, workflow.finally, "finally");
    auto& row = tables.image.workflows[row_number];
    row.before_function = before;
    row.after_function = after;
    row.retry_function = retry;
    row.failure_function = failure;
    row.finally_function = finally;
    row.failure_slots = slots_of(body, workflow.on_failure);
    row.finally_slots = slots_of(body, workflow.finally);
}

}  // namespace weft::lowering

#include "engine/run_end.h"

#include "engine/error_fields.h"
#include "engine/exact_numbers.h"
#include "engine/request_context.h"
#include "engine/secret_view.h"

namespace weft::engine {

using Json = nlohmann::ordered_json;

// As people are shown it: without secrets.
Json shown_json(const TypeTable& types, TypeId type, const Value& value) {
    if (has_secret(types, type)) return untyped_json(hide_secrets(types, type, value));
    return Json::parse(hide_numbers(to_json(types, type, value)), nullptr, false);
}

Json error_json(const Image& image, const Value& error) {
    Json out;
    if (error.tag() != Tag::Record || error.items().size() < 4) return out;
    out["name"] = error.items()[0].as_text();
    out["message"] = error.items()[1].as_text();
    out["step"] = error.items()[2].as_text();
    out["attempts"] = error.items()[3].as_int();
    const auto fields = error_fields_json(image, error);
    if (!fields.empty()) out["fields"] = Json::parse(hide_numbers(fields), nullptr, false);
    return out;
}

void put_end(const Image& image, const WorkflowRow& workflow, const vm::Machine& machine,
             Json& out) {
    if (machine.status() == vm::RunStatus::Completed) {
        if (const auto type = workflow.result_type; type.has_value()) {
            out["result"] = shown_json(image.types, type, machine.result());
        }
    } else if ((vm::is_ended(machine.status()) || machine.status() == vm::RunStatus::Stuck) &&
               !machine.result().is_none()) {
        out["error"] = error_json(image, machine.result());
    }
    out["spent_micros"] = machine.spent_micros();
    out["currency"] = workflow.budget_currency.empty() ? "USD" : workflow.budget_currency;
}

}  // namespace weft::engine

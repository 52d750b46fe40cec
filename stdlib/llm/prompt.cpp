#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm {

namespace {

constexpr int kReferencesMax = 32;

std::string text_of(const OrderedJson& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The branch of an optional type that isn't null; nothing when it is another kind of choice.
const OrderedJson* other_than_null(const OrderedJson& choices) {
    const OrderedJson* found = nullptr;
    for (const OrderedJson& choice : choices) {
        if (choice.is_object() && text_of(choice, "type") == "null") continue;
        if (found != nullptr) return nullptr;
        found = &choice;
    }
    return found;
}

}  // namespace

std::expected<Prompt, WorkerError> read_prompt(const WorkerCall& call) {
    const OrderedJson arguments = OrderedJson::parse(call.arguments, nullptr, false);
    if (!arguments.is_object() || !arguments.contains("prompt") ||
        !arguments["prompt"].is_object()) {
        return worker_error("Rejected", "the argument `prompt` is missing");
    }
    const OrderedJson& value = arguments["prompt"];
    Prompt prompt;
    prompt.name = text_of(value, "name");
    prompt.system = text_of(value, "system");
    prompt.user = text_of(value, "user");
    prompt.inputs = value.value("inputs", OrderedJson::object());
    const auto schema = value.find("schema");
    if (schema == value.end()) return worker_error("Rejected", "the prompt has no schema");
    // The schema may travel as an object or as its text.
    prompt.schema = schema->is_string()
                        ? OrderedJson::parse(schema->get<std::string>(), nullptr, false)
                        : *schema;
    if (!prompt.schema.is_object()) {
        return worker_error("Rejected", "the schema of the prompt is not a JSON object");
    }
    return prompt;
}

const OrderedJson& resolve_schema(const OrderedJson& schema, const OrderedJson& root) {
    const OrderedJson* at = &schema;
    for (int i = 0; i < kReferencesMax && at->is_object(); ++i) {
        const std::string reference = text_of(*at, "$ref");
        const OrderedJson* next = nullptr;
        if (reference.starts_with("#")) {
            const OrderedJson::json_pointer pointer(reference.substr(1));
            next = root.contains(pointer) ? &root.at(pointer) : nullptr;
        } else if (const auto all = at->find("allOf"); all != at->end() && all->size() == 1) {
            next = &all->front();
        } else if (const auto any = at->find("anyOf"); any != at->end()) {
            next = other_than_null(*any);
        } else if (const auto one = at->find("oneOf"); one != at->end()) {
            next = other_than_null(*one);
        }
        if (next == nullptr) break;
        at = next;
    }
    return *at;
}

}  // namespace weft::stdlib::llm

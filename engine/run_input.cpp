#include "engine/run_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "engine/media.h"
#include "value/json_text.h"
#include "vm/boundary.h"

namespace weft::engine {
namespace {

// Puts stored files in the place of {"upload": id}. The tree keeps numbers as they were written.
Result<void> place_uploads(JsonNode& node, const StartRequest& request, RunFiles& files) {
    bool upload = node.kind == JsonNode::Kind::Object && node.names.size() == 1 &&
                  node.names[0] == "upload" && node.items[0].kind == JsonNode::Kind::Text;
    if (upload) {
        const std::string& id = node.items[0].text;
        auto file = request.uploads.find(id);
        if (file == request.uploads.end()) {
            return fail(ErrorKind::Usage,
                        fmt::format("the input names upload `{}`, which is not there", id));
        }
        const auto& [name, bytes] = file->second;
        auto stored = files.write(bytes, name, media_type(name));
        if (!stored) return fail(ErrorKind::Environment, stored.error());
        auto value = parse_json(*stored);
        WEFT_CHECK(value.has_value());
        node = std::move(*value);
        return {};
    }
    for (auto& child : node.items) WEFT_TRY_VOID(place_uploads(child, request, files));
    return {};
}

std::string parameter_names(const WorkflowRow& workflow) {
    std::string out;
    for (const auto& parameter : workflow.parameters) {
        out += (out.empty() ? "" : ", ") + parameter.name;
    }
    return out.empty() ? "none" : out;
}

}  // namespace

Result<Value> read_run_input(const Image& image, const WorkflowRow& workflow,
                             const StartRequest& request, RunFiles& files,
                             const SecretDesk& secrets) {
    auto input = parse_json(request.input.empty() ? "{}" : request.input);
    if (!input || input->kind != JsonNode::Kind::Object) {
        return fail(ErrorKind::Usage,
                    "the input is not a JSON object" + (input ? "" : ": " + input.error()),
                    "one member for each parameter: " + parameter_names(workflow));
    }
    WEFT_TRY_VOID(place_uploads(*input, request, files));
    for (const auto& name : input->names) {
        auto known = std::any_of(workflow.parameters.begin(), workflow.parameters.end(),
                                 [&](const auto& parameter) { return parameter.name == name; });
        if (!known) {
            return fail(ErrorKind::Usage,
                        fmt::format("workflow `{}` has no parameter `{}`", workflow.name, name),
                        "its parameters: " + parameter_names(workflow));
        }
    }
    std::vector<Value> values;
    for (const auto& parameter : workflow.parameters) {
        auto member = std::find(input->names.begin(), input->names.end(), parameter.name);
        if (member == input->names.end()) {
            bool optional =
                image.types[image.types.base(parameter.type)].kind == TypeKind::Optional;
            if (!parameter.has_default && !optional) {
                return fail(ErrorKind::Usage,
                            fmt::format("workflow `{}` needs `{}` ({})", workflow.name,
                                        parameter.name, image.types.text(parameter.type)));
            }
            values.push_back(parameter.default_value);
            continue;
        }
        auto& given = input->items[static_cast<std::size_t>(member - input->names.begin())];
        WEFT_TRY_VOID(secrets.place_named(given, image.types, parameter.type));
        std::string text;
        write_json(given, text);
        auto value = vm::read_value(image, parameter.type, text);
        if (!value) {
            return fail(ErrorKind::Usage, fmt::format("`{}{}`: {}", parameter.name,
                                                      value.error().path, value.error().message));
        }
        values.push_back(std::move(*value));
    }
    return Value::record(std::move(values));
}

}  // namespace weft::engine

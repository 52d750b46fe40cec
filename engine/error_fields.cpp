#include "engine/error_fields.h"

#include "engine/history_text.h"
#include "vm/error_value.h"

namespace weft::engine {

std::string error_fields_json(const Image& image, std::string_view name, const Value& fields) {
    const auto* row = vm::declared_error(image, name);
    if (row == nullptr || image.types[row->fields].fields.empty()) return {};
    if (check_value(image.types, row->fields, fields)) return {};
    return to_json(image.types, row->fields, fields);
}

std::string error_fields_json(const Image& image, const Value& error) {
    if (!vm::is_error(error)) return {};
    return error_fields_json(image, vm::error_name(error), error.items().back());
}

std::string error_fields_text(const Image& image, std::string_view name, const Value& fields) {
    const auto json = error_fields_json(image, name, fields);
    return json.empty() ? json : " " + shortened(json);
}

}  // namespace weft::engine

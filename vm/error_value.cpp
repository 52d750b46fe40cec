#include "vm/error_value.h"

#include <algorithm>

namespace weft::vm {

Value make_error(ErrorParts parts) {
    return Value::record({Value::text(std::move(parts.name)), Value::text(std::move(parts.message)),
                          Value::text(std::move(parts.step)), Value::integer(parts.attempts),
                          std::move(parts.detail)});
}

namespace {

constexpr std::size_t kDetail = 4;

Value with_detail(const Value& error, Value detail) {
    auto parts = error.items();
    parts[kDetail] = std::move(detail);
    return Value::record(std::move(parts));
}

}  // namespace

const TypeTable& json_types() {
    static const TypeTable kTypes = [] {
        TypeTable types;
        Type json;
        json.kind = TypeKind::Json;
        types.add(std::move(json));
        return types;
    }();
    return kTypes;
}

const ErrorRow* declared_error(const Image& image, std::string_view name) {
    const auto found = std::ranges::find(image.errors, name, &ErrorRow::name);
    return found == image.errors.end() ? nullptr : &*found;
}

Value widened(const Image& image, const Value& error) {
    if (!is_error(error) || error.items()[kDetail].tag() != Tag::Record) return error;
    const auto& detail = error.items()[kDetail];
    const auto* row = declared_error(image, error_name(error));
    if (row == nullptr || check_value(image.types, row->fields, detail)) {
        return with_detail(error, {});
    }
    auto json = from_json(json_types(), TypeId{0}, to_json(image.types, row->fields, detail));
    return with_detail(error, json ? std::move(*json) : Value());
}

Value narrowed(const Image& image, const ErrorRow& row, const Value& error) {
    if (error_name(error) != row.name) return {};
    const auto& detail = error.items()[kDetail];
    if (detail.tag() == Tag::Record) {
        return check_value(image.types, row.fields, detail) ? Value() : error;
    }
    if (detail.tag() != Tag::Map || check_value(json_types(), TypeId{0}, detail)) return {};
    auto fields = from_json(image.types, row.fields, to_json(json_types(), TypeId{0}, detail));
    return fields ? with_detail(error, std::move(*fields)) : Value();
}

bool is_error(const Value& value) {
    if (value.tag() != Tag::Record || value.items().size() != kErrorFields) return false;
    const auto& parts = value.items();
    return parts[0].tag() == Tag::Text && parts[1].tag() == Tag::Text;
}

bool is_retried(const Policy& policy, std::string_view name) {
    if (policy.retry_on.empty()) {
        return name == "Transient" || name == "Timeout" || name == "Unavailable" || name == "Guard";
    }
    return std::ranges::find(policy.retry_on, name) != policy.retry_on.end();
}

bool says_nothing(std::string_view name) {
    return name == "Transient" || name == "Timeout" || name == "Unavailable";
}

std::string_view error_name(const Value& value) {
    return is_error(value) ? std::string_view(value.items()[0].as_text()) : std::string_view();
}

}  // namespace weft::vm
